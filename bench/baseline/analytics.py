# The lab's analytics: a mock that looks for words.
from flask import Flask, request, jsonify

app = Flask(__name__)

NEGATIVE = ["angry", "terrible", "nobody", "broken", "worst", "unacceptable"]
POSITIVE = ["thanks", "great", "love", "excellent"]
CATEGORIES = {
    "billing": ["charged", "invoice", "payment", "refund"],
    "technical": ["error", "crash", "bug", "broken"],
    "account": ["password", "login", "account"],
}


@app.route("/analyze/sentiment", methods=["POST"])
def sentiment():
    text = request.json["text"].lower()
    score = sum(word in text for word in POSITIVE) - sum(word in text for word in NEGATIVE)
    mood = "positive" if score > 0 else "negative" if score < 0 else "neutral"
    return jsonify({"sentiment": mood, "score": score})


@app.route("/analyze/categorize", methods=["POST"])
def categorize():
    text = request.json["text"].lower()
    counts = {name: sum(word in text for word in words) for name, words in CATEGORIES.items()}
    primary = max(counts, key=counts.get)
    return jsonify({"primary_category": primary if counts[primary] else "general"})

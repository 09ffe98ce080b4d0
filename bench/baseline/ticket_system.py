# The lab's ticket system: a mock with tickets in a dictionary.
from flask import Flask, request, jsonify

app = Flask(__name__)

TICKETS = {
    f"TKT-{number}": {
        "id": f"TKT-{number}",
        "customer_id": f"CUS-{1001 + number % 100}",
        "subject": "Charged twice",
        "description": "I was charged twice this month and nobody answers my mails. Please refund the second payment.",
        "status": "open",
        "responses": [],
    }
    for number in range(1001, 2001)
}


@app.route("/tickets/<ticket_id>")
def get_ticket(ticket_id):
    ticket = TICKETS.get(ticket_id)
    return jsonify(ticket) if ticket else (jsonify({"error": "Ticket not found"}), 404)


@app.route("/tickets/<ticket_id>/respond", methods=["POST"])
def respond(ticket_id):
    ticket = TICKETS[ticket_id]
    # As the lab's mock, but for a bound: a run of minutes must not measure a list that grows without end.
    ticket["responses"] = [*ticket["responses"][-9:], request.json["response"]]
    return jsonify({"success": True})


@app.route("/tickets/<ticket_id>/status", methods=["PUT"])
def set_status(ticket_id):
    TICKETS[ticket_id]["status"] = request.json["status"]
    return jsonify({"success": True})

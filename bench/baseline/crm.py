# The lab's CRM: a mock with customers in a dictionary.
from flask import Flask, request, jsonify

app = Flask(__name__)

CUSTOMERS = {
    f"CUS-{number}": {
        "id": f"CUS-{number}",
        "name": f"Customer {number}",
        "email": f"customer{number}@example.com",
        "plan": "pro",
        "notes": [],
    }
    for number in range(1001, 1101)
}


@app.route("/customers/<customer_id>")
def get_customer(customer_id):
    customer = CUSTOMERS.get(customer_id)
    return jsonify(customer) if customer else (jsonify({"error": "Customer not found"}), 404)


@app.route("/customers/<customer_id>/notes", methods=["POST"])
def add_note(customer_id):
    customer = CUSTOMERS[customer_id]
    customer["notes"] = [*customer["notes"][-9:], request.json["note"]]
    return jsonify({"success": True})

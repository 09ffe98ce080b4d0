# The lab's support server, as its listing has it; only the addresses of the services come from the environment.
import os

import requests
from flask import Flask, request, jsonify

app = Flask(__name__)

# Service URLs
CRM_URL = os.environ["CRM_URL"]
TICKET_URL = os.environ["TICKET_URL"]
ANALYTICS_URL = os.environ["ANALYTICS_URL"]


@app.route("/support/handle-ticket", methods=["POST"])
def handle_ticket():
    data = request.json
    ticket_id = data.get("ticket_id")

    # Get ticket details
    ticket_response = requests.get(f"{TICKET_URL}/tickets/{ticket_id}")
    ticket = ticket_response.json()

    # Get customer details
    customer_id = ticket.get("customer_id")
    customer_response = requests.get(f"{CRM_URL}/customers/{customer_id}")
    customer = customer_response.json()

    # Analyze sentiment
    sentiment_response = requests.post(
        f"{ANALYTICS_URL}/analyze/sentiment",
        json={"text": ticket.get("description", "")},
    )
    sentiment_data = sentiment_response.json()

    # Categorize ticket
    category_response = requests.post(
        f"{ANALYTICS_URL}/analyze/categorize",
        json={"text": ticket.get("description", "")},
    )
    category_data = category_response.json()

    # Return combined data
    return jsonify(
        {
            "ticket": ticket,
            "customer": customer,
            "analysis": {
                "sentiment": sentiment_data.get("sentiment"),
                "category": category_data.get("primary_category"),
            },
        }
    )


@app.route("/support/respond-to-ticket", methods=["POST"])
def respond_to_ticket():
    data = request.json
    ticket_id = data.get("ticket_id")
    response_text = data.get("response")
    update_status = data.get("update_status")
    add_customer_note = data.get("add_customer_note", False)

    # Add response to ticket
    requests.post(
        f"{TICKET_URL}/tickets/{ticket_id}/respond",
        json={"response": response_text},
    )

    # Update ticket status if requested
    if update_status:
        requests.put(
            f"{TICKET_URL}/tickets/{ticket_id}/status",
            json={"status": update_status},
        )

    # Add note to customer CRM if requested
    if add_customer_note:
        # Get customer_id from ticket
        ticket_response = requests.get(f"{TICKET_URL}/tickets/{ticket_id}")
        ticket = ticket_response.json()
        customer_id = ticket.get("customer_id")

        # Add note
        note = f"Ticket {ticket_id} - Response: {response_text[:100]}..."
        requests.post(
            f"{CRM_URL}/customers/{customer_id}/notes",
            json={"note": note},
        )

    return jsonify({"success": True})

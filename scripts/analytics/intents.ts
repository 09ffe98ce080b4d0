// What the intents of two data sets of short requests say about mood and urgency, by our own judgement: a weak signal that
// makes up for the lack of labelled requests.

const words = (list: string) => new Set(list.split(/\s+/));

/** Intents of Banking77 whose texts report that something went wrong. */
export const BANKING_TROUBLE = words(
  `Refund_not_showing_up balance_not_updated_after_bank_transfer balance_not_updated_after_cheque_or_cash_deposit
  beneficiary_not_allowed card_arrival card_not_working card_payment_fee_charged card_payment_not_recognised
  card_payment_wrong_exchange_rate card_swallowed cash_withdrawal_charge cash_withdrawal_not_recognised compromised_card
  contactless_not_working declined_card_payment declined_cash_withdrawal declined_transfer
  direct_debit_payment_not_recognised extra_charge_on_statement failed_transfer lost_or_stolen_card lost_or_stolen_phone
  pin_blocked reverted_card_payment? top_up_failed top_up_reverted transaction_charged_twice transfer_fee_charged
  transfer_not_received_by_recipient unable_to_verify_identity virtual_card_not_working wrong_amount_of_cash_received
  wrong_exchange_rate_for_cash_withdrawal`,
);

/** Intents of Banking77 whose texts ask how something is done, or whether it can be. */
export const BANKING_QUESTION = words(
  `activate_my_card age_limit apple_pay_or_google_pay atm_support automatic_top_up card_about_to_expire card_acceptance
  card_delivery_estimate change_pin country_support disposable_card_limits edit_personal_details exchange_rate
  exchange_via_app fiat_currency_support get_disposable_virtual_card get_physical_card getting_spare_card
  getting_virtual_card order_physical_card receiving_money supported_cards_and_currencies top_up_by_cash_or_cheque
  top_up_limits topping_up_by_card transfer_into_account transfer_timing verify_my_identity verify_source_of_funds
  verify_top_up visa_or_mastercard why_verify_identity`,
);

/** Intents of Banking77 in which money is at stake while nothing is done. */
export const BANKING_EMERGENCY = words(
  `card_payment_not_recognised cash_withdrawal_not_recognised compromised_card direct_debit_payment_not_recognised
  lost_or_stolen_card lost_or_stolen_phone card_swallowed`,
);

/** Intents of Bitext's sample whose texts report that something went wrong. */
export const BITEXT_TROUBLE = words("complaint payment_issue registration_problems");

/** Intents of Bitext's sample that may be praise or blame. */
export const BITEXT_EITHER = words("review");

/** Bitext's templates put these into any request, so that its mood cannot be told from its intent. */
export const SWEARING = /bloody|fuck|damn|shit|freaking/i;

import { expect, test } from "vitest";
import { localEngine } from "./local-engine.ts";

test.each([
  ["en", "Where can I find the invoice for my last order?"],
  ["en", "app keeps crashing since the update pls fix"],
  ["en", "Thanks!"],
  ["de", "Wo finde ich die Rechnung zu meiner letzten Bestellung?"],
  ["de", "Mein Paket ist noch nicht angekommen."],
  ["fr", "Bonjour, je n'ai toujours pas reçu ma commande."],
  ["es", "Hola, todavía no he recibido mi pedido."],
  ["it", "Buongiorno, non ho ancora ricevuto il mio ordine."],
  ["pt", "Olá, ainda não recebi a minha encomenda."],
  ["nl", "Hallo, ik heb mijn bestelling nog steeds niet ontvangen."],
  ["sv", "Hej, jag har inte fått min beställning."],
  ["pl", "Dzień dobry, moje zamówienie jeszcze nie dotarło."],
  ["tr", "Merhaba, siparişim hala gelmedi, lütfen yardım edin."],
  ["ru", "Здравствуйте, мой заказ ещё не пришёл."],
  ["uk", "Добрий день, моє замовлення ще не прийшло, коли її доставлять?"],
  ["el", "Καλημέρα, πού είναι η παραγγελία μου;"],
  ["zh", "你好，我的订单还没有到。"],
  ["ja", "こんにちは、注文がまだ届いていません。"],
  ["ko", "안녕하세요, 주문이 아직 도착하지 않았습니다."],
  ["ar", "مرحبا، لم يصل طلبي بعد."],
  ["und", ""],
  ["und", "12345"],
  ["und", "TKT-1001 Wroclaw"],
  ["und", "👍👍"],
])("%s: %s", (language, text) => {
  expect(localEngine.analyze(text).language).toBe(language);
});

test("quoted mail does not tell the language", () => {
  expect(localEngine.analyze("Danke, das geht jetzt.\n\nOn Monday Ann wrote:\nPlease try it again.").language).toBe(
    "de",
  );
});

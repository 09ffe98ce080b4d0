// What languages are told by: their commonest words, with those that customers use, letters and scripts.

/** Common words of languages in Latin script, in lower case. Words that mean something in several are listed in each. */
export const COMMON_WORDS: Readonly<Record<string, string>> = {
  en: "the and you that was for are with this have not but they from what can your will would there been when who my is it of on me we please how do does did had has i i'm i've don't can't it's an be at as or if so just now no yes why where which about after again all any because could get got help hello hi just know need order still than thank thanks then very want were working update phone customer service by our out up their more been being really never love great new good",
  de: "der die das und ist nicht ich ein eine einen einem einer es sie wir mein meine meinen mit für auf von zu den dem im ist sind war haben hat habe kann können bitte danke wie was wo wann warum noch nach bei aus auch oder aber wenn nur sehr schon mehr keine kein hallo bestellung rechnung konto lieferung paket geld zurück wurde werden wird seit heute immer nichts vielen dank guten tag möchte ihr ihre ihren ihnen mir mich uns über dass doch mal ja nein geht funktioniert",
  fr: "le la les un une des et est pas je ne vous nous il elle que qui dans pour sur avec mon ma mes votre vos au aux du de en ce cette c'est j'ai n'est plus mais ou où bonjour merci comment quand pourquoi bien très être avoir fait suis ont sont était commande compte colis facture livraison toujours jamais rien depuis s'il plaît été j'attends je d'une d'un l'application ça oui non peux pouvez veux voudrais",
  es: "el la los las un una y es no de que en por para con mi mis su sus lo le se al del como pero más muy ya está están estoy tengo tiene hola gracias favor cómo cuándo dónde qué quiero puedo pedido cuenta factura envío paquete dinero nunca siempre todo nada desde hace sin porque cuando sobre ha he han ser este esta usted me te nos mi ayuda necesito todavía aún buenos días",
  it: "il lo la gli le un una uno e è non di che in per con mio mia miei sono ho ha hanno come ma più molto già ciao grazie quando dove perché ordine conto fattura pacco spedizione soldi sempre mai niente da dal della del dei delle nel nella alla al questo questa vorrei posso può essere stato stata anche ancora mi ti ci si buongiorno salve prego cosa sul degli",
  pt: "o a os as um uma e é não de que em por para com meu minha meus seu sua no na do da dos das ao à mas mais muito já está estou tenho tem olá obrigado obrigada como quando onde quero posso pedido conta fatura entrega encomenda dinheiro nunca sempre tudo nada desde sem porque foi ser este esta você vocês me ainda preciso ajuda bom dia não foi isso são",
  nl: "de het een en is niet ik je u we wij mijn met voor op van te dat die er maar als ook nog naar bij uit om aan heb heeft hebben kan kunnen hallo bedankt dank graag hoe wat waar wanneer waarom geen wel meer zeer al worden wordt werd ben bestelling rekening pakket levering geld terug steeds nooit altijd niets sinds vandaag mij ons jullie deze dit goedemorgen alstublieft werkt",
  sv: "och är inte jag det en ett att för på med av till den de som har hade kan min mitt mina ni vi du om men när var varför hur hej tack snälla beställning faktura konto paket leverans pengar tillbaka aldrig alltid inget sedan idag mycket mer från eller ska skulle vill",
  da: "og er ikke jeg det en et at for på med af til den de som har havde kan min mit mine i vi du om men når hvor hvorfor hvordan hej tak venligst bestilling faktura konto pakke levering penge tilbage aldrig altid intet siden dag meget mere fra eller skal ville vil fået",
  no: "og er ikke jeg det en et at for på med av til den de som har hadde kan min mitt mine dere vi du om men når hvor hvorfor hvordan hei takk vennligst bestilling faktura konto pakke levering penger tilbake aldri alltid ingenting siden dag veldig mer fra eller skal ville vil fått",
  fi: "ja on ei en minä olen että se mutta kun niin myös minun tilaus lasku tili paketti toimitus rahat takaisin hei kiitos miten missä milloin miksi vielä aina ole oli tämä haluan voinko teidän",
  pl: "i w nie na z że się do jest to jak ale mam mnie moje moja mój dla po od za czy kiedy gdzie dlaczego dzień dobry dziękuję proszę zamówienie faktura konto paczka dostawa pieniądze nigdy zawsze jeszcze już nadal przez był była było są być chcę",
  cs: "a je v na se že to s z do jak ale mám mi moje můj pro po od za kdy kde proč dobrý den děkuji prosím objednávka faktura účet balík doručení peníze nikdy vždy ještě už není jsem byl byla jsou být chci",
  tr: "ve bir bu da de için ile ne var yok değil çok ben benim siz merhaba teşekkürler lütfen nasıl neden nerede zaman sipariş fatura hesap kargo para geri hala henüz daha ama gibi olarak oldu istiyorum",
  ro: "și este nu de la în cu pe un o să că am mi meu mea pentru din dar mai foarte bună ziua mulțumesc vă rog cum când unde comanda factura cont colet livrare bani niciodată întotdeauna încă sunt fost",
  hu: "a az és nem van egy hogy is de ez nekem én meg már még csak vagy mint köszönöm kérem hol mikor miért rendelés számla fiók csomag szállítás pénz vissza soha mindig szeretném jó napot",
  id: "yang dan di tidak ini itu saya untuk dengan dari ke ada bisa sudah belum pesanan saya akun tagihan paket uang kembali terima kasih tolong bagaimana kapan di mana mengapa anda kami akan",
};

/** Letters that only some of those languages use. */
export const LETTERS: readonly (readonly [letters: RegExp, languages: readonly string[]])[] = [
  [/ß/, ["de"]],
  [/[äöü]/, ["de", "sv", "fi", "tr", "hu"]],
  [/ñ|¿|¡/, ["es"]],
  [/[ãõ]/, ["pt"]],
  [/[èêëîïûœ]|[ldjcnsq]['’][aeiouhéê]/, ["fr", "it"]],
  [/[áíóú]/, ["es", "pt", "cs", "hu"]],
  [/ç/, ["fr", "pt", "tr"]],
  [/å/, ["sv", "da", "no"]],
  [/[æø]/, ["da", "no"]],
  [/[ąęłńśźż]/, ["pl"]],
  [/[ěřůďťň]/, ["cs"]],
  [/[ğış]/, ["tr"]],
  [/[ășț]/, ["ro"]],
  [/[őű]/, ["hu"]],
];

/** Scripts and letters that tell a language where more than this part of the letters are theirs; the first that fits counts. */
export const SCRIPTS: readonly (readonly [language: string, script: RegExp, part: number])[] = [
  ["ja", /[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 0.1],
  ["ko", /\p{Script=Hangul}/gu, 0.3],
  ["zh", /\p{Script=Han}/gu, 0.3],
  ["el", /\p{Script=Greek}/gu, 0.3],
  ["he", /\p{Script=Hebrew}/gu, 0.3],
  ["th", /\p{Script=Thai}/gu, 0.3],
  ["hi", /\p{Script=Devanagari}/gu, 0.3],
  ["ar", /\p{Script=Arabic}/gu, 0.3],
  ["uk", /[іїєґ]/gu, 0.02],
  ["ru", /\p{Script=Cyrillic}/gu, 0.3],
];

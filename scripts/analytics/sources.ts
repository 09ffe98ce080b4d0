// The data sets that the shipped weights may be trained on, and those that may only measure them.

/** A data set whose licence lets trained weights be shipped. */
export interface Source {
  /** Name of the CSV file, without its ending. */
  readonly file: string;
  /** Start of the value of the column `source` of the rows that are meant; all rows without it. */
  readonly rows?: string;
  readonly title: string;
  readonly licence: string;
  readonly attribution: string;
}

/** What the models are trained on. Nothing else may have an influence on the weights. */
export const SOURCES = {
  semeval: {
    file: "sentiment_semeval_tweeteval",
    title: "SemEval 2013-2016 task on sentiment analysis in Twitter, message polarity",
    licence: "CC BY 3.0",
    attribution:
      "Preslav Nakov, Sara Rosenthal, Alan Ritter, Theresa Wilson, Svetlana Kiritchenko, Veselin Stoyanov, et al.",
  },
  goemotions: {
    file: "sentiment_goemotions",
    title: "GoEmotions, its emotions grouped into three moods",
    licence: "CC BY 4.0",
    attribution:
      "Dorottya Demszky, Dana Movshovitz-Attias, Jeongwoo Ko, Alan Cowen, Gaurav Nemade, Sujith Ravi (Google)",
  },
  senti4sd: {
    file: "sentiment_senti4sd",
    title: "Senti4SD gold standard of Stack Overflow posts",
    licence: "MIT; posts CC BY-SA 3.0 by their authors on Stack Overflow",
    attribution: "Fabio Calefato, Filippo Lanubile, Federico Maiorano, Nicole Novielli (Collab, University of Bari)",
  },
  cfpb: {
    file: "category_cfpb_product",
    title: "Consumer Complaint Database, narratives",
    licence: "public domain (United States Government work)",
    attribution: "Consumer Financial Protection Bureau",
  },
  banking77: {
    file: "category_banking77",
    title: "Banking77",
    licence: "CC BY 4.0",
    attribution: "Inigo Casanueva, Tadas Temcinas, Daniela Gerz, Matthew Henderson, Ivan Vulic (PolyAI)",
  },
  bitext: {
    file: "category_bitext27",
    title: "Bitext customer support intents, sample",
    licence: "CDLA-Sharing-1.0, which leaves results such as trained weights unrestricted",
    attribution: "Bitext Innovations International",
  },
  unifiedBanking: {
    file: "category_unified9",
    rows: "banking77",
    title: "Banking77, intents mapped to nine categories",
    licence: "CC BY 4.0",
    attribution: "Inigo Casanueva, Tadas Temcinas, Daniela Gerz, Matthew Henderson, Ivan Vulic (PolyAI)",
  },
  unifiedBitext: {
    file: "category_unified9",
    rows: "bitext",
    title: "Bitext customer support intents, sample, mapped to nine categories",
    licence: "CDLA-Sharing-1.0, which leaves results such as trained weights unrestricted",
    attribution: "Bitext Innovations International",
  },
  unifiedClinc: {
    file: "category_unified9",
    rows: "clinc150",
    title: "CLINC150, intents mapped to nine categories",
    licence: "CC BY 3.0",
    attribution: "Stefan Larson, Anish Mahendran, Joseph Peper, Christopher Clarke, et al. (Clinc)",
  },
  unifiedMultiDogo: {
    file: "category_unified9",
    rows: "multidogo_",
    title: "MultiDoGO dialogues, intents mapped to nine categories",
    licence: "CDLA-Permissive-1.0",
    attribution: "Denis Peskov, Nancy Clarke, Jason Krone, et al. (Amazon Web Services)",
  },
} as const satisfies Record<string, Source>;

export type SourceName = keyof typeof SOURCES;

// A small contract of the tests' own, so that they stand whatever becomes of Deskwire's.
import { createFileRegistry, type DescMethodUnary, fromJson, type Message } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

const TYPE_STRING = "TYPE_STRING";
const jsonName = (name: string) => name.replace(/_./g, (match) => match.charAt(1).toUpperCase());
const field = (number: number, name: string, type = TYPE_STRING) => ({
  jsonName: jsonName(name),
  number,
  name,
  type,
  label: "LABEL_OPTIONAL",
});

const file = fromJson(FileDescriptorProtoSchema, {
  name: "sample.proto",
  package: "sample",
  syntax: "proto3",
  messageType: [
    { name: "Thing", field: [field(1, "name"), field(2, "serial", "TYPE_INT32")] },
    {
      name: "CreateThingRequest",
      field: [
        field(1, "name"),
        {
          number: 2,
          name: "labels",
          jsonName: "labels",
          type: "TYPE_MESSAGE",
          typeName: ".sample.CreateThingRequest.LabelsEntry",
          label: "LABEL_REPEATED",
        },
        field(3, "request_id"),
      ],
      nestedType: [{ name: "LabelsEntry", field: [field(1, "key"), field(2, "value")], options: { mapEntry: true } }],
    },
    {
      name: "ListThingsRequest",
      field: [field(1, "filter"), field(2, "order_by"), field(3, "page_size", "TYPE_INT32"), field(4, "page_token")],
    },
  ],
  service: [
    {
      name: "ThingService",
      method: [{ name: "CreateThing", inputType: ".sample.CreateThingRequest", outputType: ".sample.Thing" }],
    },
  ],
});
const registry = createFileRegistry(file, () => undefined);

type Thing = Message<"sample.Thing"> & { name: string; serial: number };
type CreateThingRequest = Message<"sample.CreateThingRequest"> & {
  name: string;
  labels: Record<string, string>;
  requestId: string;
};
type ListThingsRequest = Message<"sample.ListThingsRequest"> & {
  filter: string;
  orderBy: string;
  pageSize: number;
  pageToken: string;
};

export const CreateThingRequestSchema = registry.getMessage(
  "sample.CreateThingRequest",
) as GenMessage<CreateThingRequest>;
export const ListThingsRequestSchema = registry.getMessage("sample.ListThingsRequest") as GenMessage<ListThingsRequest>;
export const createThing = registry.getService("sample.ThingService")?.method.createThing as DescMethodUnary<
  GenMessage<CreateThingRequest>,
  GenMessage<Thing>
>;

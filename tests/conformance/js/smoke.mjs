// A story with the AWS SDK for JavaScript; prints what it saw as JSON. Usage: node smoke.mjs FIRST SECOND
import { readFile } from "node:fs/promises";
import {
  CreateCollectionCommand,
  DeleteCollectionCommand,
  IndexFacesCommand,
  RekognitionClient,
  SearchFacesByImageCommand,
} from "@aws-sdk/client-rekognition";

const client = new RekognitionClient({}); // address, region and keys come from the environment
const [first, second] = await Promise.all(process.argv.slice(2).map((name) => readFile(name)));
const here = { CollectionId: "smoke-test-of-javascript" };

const made = await client.send(new CreateCollectionCommand(here));
const indexed = await client.send(new IndexFacesCommand({ ...here, Image: { Bytes: first } }));
const found = await client.send(new SearchFacesByImageCommand({ ...here, Image: { Bytes: second } }));
let refused;
try {
  await client.send(new CreateCollectionCommand(here));
} catch (error) {
  refused = error.name;
}
await client.send(new DeleteCollectionCommand(here));
console.log(
  JSON.stringify({
    status: made.StatusCode,
    indexed: indexed.FaceRecords.map((record) => record.Face.FaceId),
    found: found.FaceMatches.map((match) => match.Face.FaceId),
    refused,
  }),
);

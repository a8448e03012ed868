import { z } from 'zod';

/** LINK's replies are typed loosely between versions: a number may come as text and the other way round. */
const looseText = z.union([z.string(), z.number()]).transform(String);

/** 200 of `POST /sms/send` (MT_DLR 1.18): `{"messageId":str,"resultCode":1005,"description":"Queued"}`. */
export const sendReplySchema = z.object({
  messageId: looseText.pipe(z.string().min(1)),
  resultCode: looseText,
});

/** 400/401/403 of `POST /sms/send`: `{"status":int,"description":str,...}`; the description may quote the number. */
export const errorReplySchema = z.object({ status: looseText.pipe(z.string().regex(/^\d{1,8}$/)) });

const recordSchema = z.record(z.string(), z.unknown());
/** The JSON of a webhook call: one record or several. */
export const webhookJsonSchema = z.union([
  z.array(recordSchema).min(1),
  recordSchema.transform((one) => [one]),
]);

/** RFC 3339 with a zone and a date that exists. */
export const rfc3339Schema = z.iso.datetime({ offset: true });

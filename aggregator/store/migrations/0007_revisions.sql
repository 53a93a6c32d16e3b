-- Results are sent to Kafka with a number that grows, so that one that comes late is known as such.

ALTER TABLE tlddns.kafka_offsets ADD COLUMN revision bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN tlddns.kafka_offsets.revision IS 'Of the last transaction that consumed this partition: grows with each, and results that are sent to Kafka bear it. Microseconds since 1970, or more.';

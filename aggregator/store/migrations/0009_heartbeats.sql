-- What a heartbeat is compared with is in the table: whoever reads heartbeats next goes on as if he had read them all.

ALTER TABLE tlddns.sensors ADD COLUMN lost_events bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN tlddns.sensors.lost_events IS 'Events that it made since its start and could not send.';
ALTER TABLE tlddns.sensors ADD COLUMN beat_interval_ns bigint;
COMMENT ON COLUMN tlddns.sensors.beat_interval_ns IS 'Shortest time between two of its heartbeats so far, nanoseconds; a silence of more than three of these is a blind time.';

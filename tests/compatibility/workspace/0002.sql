BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE attempts (
	kind VARCHAR(20) NOT NULL, 
	address VARCHAR(64) NOT NULL, 
	ends DATETIME NOT NULL, 
	count INTEGER NOT NULL, 
	CONSTRAINT pk_attempts PRIMARY KEY (kind, address)
);
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	user_id VARCHAR(40), 
	action VARCHAR(40) NOT NULL, 
	subject VARCHAR(200) NOT NULL, 
	address VARCHAR(64) NOT NULL, acting_token VARCHAR(40), 
	CONSTRAINT pk_audit PRIMARY KEY (id)
);
INSERT INTO "audit" VALUES(1,'2026-11-26 04:29:32.216000','usr__oCUqHrqMSsKtw-vDVbZJQ','user added','pro','command line',NULL);
INSERT INTO "audit" VALUES(2,'2026-11-26 04:29:32.226197','usr__oCUqHrqMSsKtw-vDVbZJQ','sign-in link made','','command line',NULL);
INSERT INTO "audit" VALUES(3,'2026-11-26 04:29:32.236819','usr_9ewZMtyedDax8RP3OZMJ5Q','user added','free','command line',NULL);
INSERT INTO "audit" VALUES(4,'2026-11-26 04:29:32.237510','usr_9ewZMtyedDax8RP3OZMJ5Q','sign-in link made','','command line',NULL);
INSERT INTO "audit" VALUES(5,'2026-11-26 04:29:32.259501','usr__oCUqHrqMSsKtw-vDVbZJQ','token created','tok_K5pNx54Wzv8ZtyuBkP6YJg','command line',NULL);
INSERT INTO "audit" VALUES(6,'2026-11-26 04:29:32.273897','usr__oCUqHrqMSsKtw-vDVbZJQ','token created','tok_yA916NV-_qWFdbOVuztbKA','command line',NULL);
INSERT INTO "audit" VALUES(7,'2026-11-26 04:29:32.286917','usr__oCUqHrqMSsKtw-vDVbZJQ','token created','tok_vRwbGcuqEfuYilIt699DZQ','command line',NULL);
INSERT INTO "audit" VALUES(8,'2026-11-26 04:29:32.288722','usr__oCUqHrqMSsKtw-vDVbZJQ','token revoked','tok_vRwbGcuqEfuYilIt699DZQ','local',NULL);
CREATE TABLE jobs (
	name VARCHAR(40) NOT NULL, 
	started DATETIME NOT NULL, 
	CONSTRAINT pk_jobs PRIMARY KEY (name)
);
CREATE TABLE schema_compatibility (
	id INTEGER NOT NULL, 
	oldest_program VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_schema_compatibility PRIMARY KEY (id)
);
CREATE TABLE sessions (
	digest BLOB NOT NULL, 
	user_id VARCHAR(40) NOT NULL, 
	expires DATETIME NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (digest), 
	CONSTRAINT fk_sessions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE sign_in_codes (
	digest BLOB NOT NULL, 
	user_id VARCHAR(40) NOT NULL, 
	expires DATETIME NOT NULL, 
	CONSTRAINT pk_sign_in_codes PRIMARY KEY (digest), 
	CONSTRAINT fk_sign_in_codes_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
INSERT INTO "sign_in_codes" VALUES(X'E04A2C41B4A58BABA1B9DE20562907A08758A2E782D031CDC1843998A7E560FD','usr__oCUqHrqMSsKtw-vDVbZJQ','2026-11-26 04:44:32.216087');
INSERT INTO "sign_in_codes" VALUES(X'714EB97CA4AFAA59821792DF54571BED38B8DB7827E3D96290FF19D3CE94F3AB','usr_9ewZMtyedDax8RP3OZMJ5Q','2026-11-26 04:44:32.236878');
CREATE TABLE tokens (
	id VARCHAR(40) NOT NULL, 
	user_id VARCHAR(40) NOT NULL, 
	digest BLOB NOT NULL, 
	label VARCHAR(100) NOT NULL, 
	last_four VARCHAR(4) NOT NULL, 
	scopes VARCHAR(200) NOT NULL, 
	created DATETIME NOT NULL, 
	expires DATETIME, 
	last_used DATETIME, 
	successor_of VARCHAR(40), 
	CONSTRAINT pk_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_tokens_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_tokens_digest UNIQUE (digest)
);
INSERT INTO "tokens" VALUES('tok_K5pNx54Wzv8ZtyuBkP6YJg','usr__oCUqHrqMSsKtw-vDVbZJQ',X'5F3735FE9F74EF6E5FA1BA1FD1F9F506C4DACC92FCEAD2ACA9E9525A115B5531','MacBook Pro','YyXW','','2026-11-26 04:29:32.259381',NULL,NULL,NULL);
INSERT INTO "tokens" VALUES('tok_yA916NV-_qWFdbOVuztbKA','usr__oCUqHrqMSsKtw-vDVbZJQ',X'66CF1B5BDB2FDA1EC26DD15D38A7845341CD936419D35A5875D3D4BED320A56F','Admin','6wns','tokens:manage','2026-11-26 04:29:32.273792',NULL,NULL,NULL);
CREATE TABLE users (
	id VARCHAR(40) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	"plan" VARCHAR(20) NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_email UNIQUE (email)
);
INSERT INTO "users" VALUES('usr__oCUqHrqMSsKtw-vDVbZJQ','you@example.com','pro','2026-11-26 04:29:32.190613');
INSERT INTO "users" VALUES('usr_9ewZMtyedDax8RP3OZMJ5Q','free@example.com','free','2026-11-26 04:29:32.235699');
CREATE INDEX ix_tokens_user_id_created_id ON tokens (user_id, created, id);
CREATE INDEX ix_sign_in_codes_expires ON sign_in_codes (expires);
CREATE INDEX ix_sessions_expires ON sessions (expires);
CREATE INDEX ix_attempts_ends ON attempts (ends);
CREATE INDEX ix_audit_at ON audit (at);
CREATE INDEX ix_audit_user_id ON audit (user_id);
COMMIT;

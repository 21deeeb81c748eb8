BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
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
INSERT INTO "audit" VALUES(1,'2026-11-26 04:29:34.762235','usr_TuVx9bTnUqpxjWG2Zx8Vrg','user added','pro','command line',NULL);
INSERT INTO "audit" VALUES(2,'2026-11-26 04:29:34.764303','usr_TuVx9bTnUqpxjWG2Zx8Vrg','sign-in link made','','command line',NULL);
INSERT INTO "audit" VALUES(3,'2026-11-26 04:29:34.783600','usr_eKtvSHm-a4kzV9a2GlhZ-Q','user added','free','command line',NULL);
INSERT INTO "audit" VALUES(4,'2026-11-26 04:29:34.784289','usr_eKtvSHm-a4kzV9a2GlhZ-Q','sign-in link made','','command line',NULL);
INSERT INTO "audit" VALUES(5,'2026-11-26 04:29:34.795254','usr_TuVx9bTnUqpxjWG2Zx8Vrg','token created','tok_aJoE7ScXC9GZo0sCCncIEA','command line',NULL);
INSERT INTO "audit" VALUES(6,'2026-11-26 04:29:34.811369','usr_TuVx9bTnUqpxjWG2Zx8Vrg','token created','tok_3ZRaquges2z3eZDqZ9AgTg','command line',NULL);
INSERT INTO "audit" VALUES(7,'2026-11-26 04:29:34.823495','usr_TuVx9bTnUqpxjWG2Zx8Vrg','token created','tok_wsnlEsz-hcLZ8lpaWmLbpw','command line',NULL);
INSERT INTO "audit" VALUES(8,'2026-11-26 04:29:34.825437','usr_TuVx9bTnUqpxjWG2Zx8Vrg','token revoked','tok_wsnlEsz-hcLZ8lpaWmLbpw','local',NULL);
CREATE TABLE jobs (
	name VARCHAR(40) NOT NULL, 
	started DATETIME NOT NULL, 
	CONSTRAINT pk_jobs PRIMARY KEY (name)
);
CREATE TABLE leaks (
	digest BLOB NOT NULL, 
	id VARCHAR(40) NOT NULL, 
	user_id VARCHAR(40) NOT NULL, 
	label VARCHAR(100) NOT NULL, 
	last_four VARCHAR(4) NOT NULL, 
	reported DATETIME NOT NULL, 
	reporter VARCHAR(20) NOT NULL, 
	source VARCHAR(40) NOT NULL, 
	url VARCHAR(500) NOT NULL, 
	dismissed DATETIME, 
	CONSTRAINT pk_leaks PRIMARY KEY (digest), 
	CONSTRAINT fk_leaks_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_leaks_id UNIQUE (id)
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
INSERT INTO "sign_in_codes" VALUES(X'A115D3A177586A5481A71DD438402369401278426305DCE5E1C4598E8684C4BF','usr_TuVx9bTnUqpxjWG2Zx8Vrg','2026-11-26 04:44:34.762321');
INSERT INTO "sign_in_codes" VALUES(X'6E9D2BB8D950DAC64E75E2F37EE3B51FFE25028A188B6780DBF50987B370BDBD','usr_eKtvSHm-a4kzV9a2GlhZ-Q','2026-11-26 04:44:34.783660');
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
	successor_of VARCHAR(40), last_used_address VARCHAR(64), last_used_client VARCHAR(120), has_checksum BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_tokens_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_tokens_digest UNIQUE (digest)
);
INSERT INTO "tokens" VALUES('tok_aJoE7ScXC9GZo0sCCncIEA','usr_TuVx9bTnUqpxjWG2Zx8Vrg',X'0C4C860A5DA7BE06552C70815C9DD497793102EF671B663C56304087F033DF2A','MacBook Pro','Xgx5','','2026-11-26 04:29:34.795146',NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "tokens" VALUES('tok_3ZRaquges2z3eZDqZ9AgTg','usr_TuVx9bTnUqpxjWG2Zx8Vrg',X'9B39BC53258DFAA271F5193F8FB7CC1192F52DDB4C89AB7B7F1027B445720D0B','Admin','f4CP','tokens:manage','2026-11-26 04:29:34.811274',NULL,NULL,NULL,NULL,NULL,1);
CREATE TABLE users (
	id VARCHAR(40) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	"plan" VARCHAR(20) NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_email UNIQUE (email)
);
INSERT INTO "users" VALUES('usr_TuVx9bTnUqpxjWG2Zx8Vrg','you@example.com','pro','2026-11-26 04:29:34.734681');
INSERT INTO "users" VALUES('usr_eKtvSHm-a4kzV9a2GlhZ-Q','free@example.com','free','2026-11-26 04:29:34.782382');
CREATE INDEX ix_tokens_user_id_created_id ON tokens (user_id, created, id);
CREATE INDEX ix_sign_in_codes_expires ON sign_in_codes (expires);
CREATE INDEX ix_sessions_expires ON sessions (expires);
CREATE INDEX ix_attempts_ends ON attempts (ends);
CREATE INDEX ix_audit_at ON audit (at);
CREATE INDEX ix_audit_user_id ON audit (user_id);
CREATE INDEX ix_tokens_without_checksum ON tokens (expires) WHERE NOT has_checksum;
CREATE INDEX ix_leaks_user_id ON leaks (user_id);
COMMIT;

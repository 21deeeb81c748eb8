BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
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
INSERT INTO "audit" VALUES(1,'2026-11-26 04:29:11.358528','usr_IqnyrGU0bwVW8F0Dm0HzVw','user added','pro','command line',NULL);
INSERT INTO "audit" VALUES(2,'2026-11-26 04:29:11.359854','usr_IqnyrGU0bwVW8F0Dm0HzVw','sign-in link made','','command line',NULL);
INSERT INTO "audit" VALUES(3,'2026-11-26 04:29:11.379422','usr_lmOIVAD8_V7kgFMF5iTCVQ','user added','free','command line',NULL);
INSERT INTO "audit" VALUES(4,'2026-11-26 04:29:11.379875','usr_lmOIVAD8_V7kgFMF5iTCVQ','sign-in link made','','command line',NULL);
INSERT INTO "audit" VALUES(5,'2026-11-26 04:29:11.387125','usr_IqnyrGU0bwVW8F0Dm0HzVw','token created','tok_ec27fsP_NiAPU9nh_Qzcrg','command line',NULL);
INSERT INTO "audit" VALUES(6,'2026-11-26 04:29:11.392225','usr_IqnyrGU0bwVW8F0Dm0HzVw','token created','tok_Ayi6qjM5ygNKYvmN5hjjRQ','command line',NULL);
INSERT INTO "audit" VALUES(7,'2026-11-26 04:29:11.402921','usr_IqnyrGU0bwVW8F0Dm0HzVw','token created','tok_nqsq-N2AooLj4fl9RMAF3Q','command line',NULL);
INSERT INTO "audit" VALUES(8,'2026-11-26 04:29:11.403173','usr_IqnyrGU0bwVW8F0Dm0HzVw','token created','tok_Gm0I3PTivaiMSsJTB7eDwg','command line',NULL);
INSERT INTO "audit" VALUES(9,'2026-11-26 04:29:11.404312','usr_IqnyrGU0bwVW8F0Dm0HzVw','token revoked','tok_Gm0I3PTivaiMSsJTB7eDwg','local',NULL);
CREATE TABLE identities (
	issuer VARCHAR(255) NOT NULL, 
	subject VARCHAR(255) NOT NULL, 
	user_id VARCHAR(40) NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_identities PRIMARY KEY (issuer, subject), 
	CONSTRAINT fk_identities_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
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
CREATE TABLE login_requests (
	id VARCHAR(40) NOT NULL, 
	grant_type VARCHAR(60) NOT NULL, 
	digest BLOB NOT NULL, 
	user_code BLOB, 
	client_id VARCHAR(100) NOT NULL, 
	redirect_uri VARCHAR(200), 
	challenge VARCHAR(43), 
	machine VARCHAR(100) NOT NULL, 
	profile VARCHAR(100) NOT NULL, 
	label VARCHAR(100) NOT NULL, 
	address VARCHAR(64) NOT NULL, 
	created DATETIME NOT NULL, 
	expires DATETIME NOT NULL, 
	remove_after DATETIME NOT NULL, 
	poll_interval INTEGER NOT NULL, 
	polled DATETIME, 
	state VARCHAR(20) NOT NULL, 
	user_id VARCHAR(40), 
	token_expires DATETIME, 
	token_id VARCHAR(40), 
	CONSTRAINT pk_login_requests PRIMARY KEY (id), 
	CONSTRAINT fk_login_requests_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_login_requests_digest UNIQUE (digest), 
	CONSTRAINT uq_login_requests_user_code UNIQUE (user_code)
);
CREATE TABLE schema_compatibility (
	id INTEGER NOT NULL, 
	oldest_program VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_schema_compatibility PRIMARY KEY (id)
);
INSERT INTO "schema_compatibility" VALUES(1,'0001');
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
INSERT INTO "sign_in_codes" VALUES(X'CCCA8A63DCBF3AFD040269538F4FFF4D41CC142E7D5DECC8C75161F40079D4BE','usr_IqnyrGU0bwVW8F0Dm0HzVw','2026-11-26 04:44:11.359100');
INSERT INTO "sign_in_codes" VALUES(X'A180A27EC14EF8BDDF69CD5FF1A82BBBC5804FD8880F539F00A6F5CD418CF95F','usr_lmOIVAD8_V7kgFMF5iTCVQ','2026-11-26 04:44:11.379569');
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
	successor_of VARCHAR(40), last_used_address VARCHAR(64), last_used_client VARCHAR(120), has_checksum BOOLEAN DEFAULT 0 NOT NULL, issue_label VARCHAR(100), issue_lifetime INTEGER, issue_count INTEGER, issue_line VARCHAR(40), issued_by VARCHAR(40), 
	CONSTRAINT pk_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_tokens_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_tokens_digest UNIQUE (digest)
);
INSERT INTO "tokens" VALUES('tok_ec27fsP_NiAPU9nh_Qzcrg','usr_IqnyrGU0bwVW8F0Dm0HzVw',X'B511F49EFA67E9CB5556A07FAB353CAA280CFB0903D256810F7F3BEB39AF76B5','MacBook Pro','MHvP','','2026-11-26 04:29:11.386503',NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "tokens" VALUES('tok_Ayi6qjM5ygNKYvmN5hjjRQ','usr_IqnyrGU0bwVW8F0Dm0HzVw',X'1DCD92D5386E84929AA40515EF0548753AF90D3D90215FF3705422912F34851D','Admin','vlRq','tokens:manage','2026-11-26 04:29:11.392084',NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "tokens" VALUES('tok_nqsq-N2AooLj4fl9RMAF3Q','usr_IqnyrGU0bwVW8F0Dm0HzVw',X'23948441A21302361AB657137CF4246699BDF15F18332520A5E6582D2008C598','Requested','c8ej','','2026-11-26 04:29:11.402757',NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE users (
	id VARCHAR(40) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	"plan" VARCHAR(20) NOT NULL, 
	created DATETIME NOT NULL, is_service BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_email UNIQUE (email)
);
INSERT INTO "users" VALUES('usr_IqnyrGU0bwVW8F0Dm0HzVw','you@example.com','pro','2026-11-26 04:29:11.330641',0);
INSERT INTO "users" VALUES('usr_lmOIVAD8_V7kgFMF5iTCVQ','free@example.com','free','2026-11-26 04:29:11.378334',0);
CREATE INDEX ix_tokens_user_id_created_id ON tokens (user_id, created, id);
CREATE INDEX ix_sign_in_codes_expires ON sign_in_codes (expires);
CREATE INDEX ix_sessions_expires ON sessions (expires);
CREATE INDEX ix_attempts_ends ON attempts (ends);
CREATE INDEX ix_audit_at ON audit (at);
CREATE INDEX ix_audit_user_id ON audit (user_id);
CREATE INDEX ix_tokens_without_checksum ON tokens (expires) WHERE NOT has_checksum;
CREATE INDEX ix_leaks_user_id ON leaks (user_id);
CREATE INDEX ix_login_requests_remove_after ON login_requests (remove_after);
CREATE INDEX ix_tokens_issue_line ON tokens (issue_line);
CREATE INDEX ix_tokens_issued_by ON tokens (issued_by);
CREATE INDEX ix_identities_user_id ON identities (user_id);
COMMIT;

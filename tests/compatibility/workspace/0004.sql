BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
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
INSERT INTO "audit" VALUES(1,'2026-11-26 04:29:37.454122','usr_nQBDboCwaho_JVS2LydzwQ','user added','pro','command line',NULL);
INSERT INTO "audit" VALUES(2,'2026-11-26 04:29:37.461660','usr_nQBDboCwaho_JVS2LydzwQ','sign-in link made','','command line',NULL);
INSERT INTO "audit" VALUES(3,'2026-11-26 04:29:37.479899','usr_Hok0_jXkgOMiF7Ix9pdtLg','user added','free','command line',NULL);
INSERT INTO "audit" VALUES(4,'2026-11-26 04:29:37.480655','usr_Hok0_jXkgOMiF7Ix9pdtLg','sign-in link made','','command line',NULL);
INSERT INTO "audit" VALUES(5,'2026-11-26 04:29:37.504677','usr_nQBDboCwaho_JVS2LydzwQ','token created','tok_-JY9vUbpfblENAHKai2aMQ','command line',NULL);
INSERT INTO "audit" VALUES(6,'2026-11-26 04:29:37.532951','usr_nQBDboCwaho_JVS2LydzwQ','token created','tok_q_K_2MuRa2dQwNmQ2H4T5Q','command line',NULL);
INSERT INTO "audit" VALUES(7,'2026-11-26 04:29:37.554753','usr_nQBDboCwaho_JVS2LydzwQ','token created','tok_HCrZD2EnVqglCnEX89ITOA','command line',NULL);
INSERT INTO "audit" VALUES(8,'2026-11-26 04:29:37.554875','usr_nQBDboCwaho_JVS2LydzwQ','token created','tok_D0-3M-RC_c1N6UdgrF1E4A','command line',NULL);
INSERT INTO "audit" VALUES(9,'2026-11-26 04:29:37.557716','usr_nQBDboCwaho_JVS2LydzwQ','token revoked','tok_D0-3M-RC_c1N6UdgrF1E4A','local',NULL);
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
INSERT INTO "sign_in_codes" VALUES(X'477D616C99F84B2FD7322DF2355D67935A8041773ECE4CB2081B4DA757FAAE6E','usr_nQBDboCwaho_JVS2LydzwQ','2026-11-26 04:44:37.454270');
INSERT INTO "sign_in_codes" VALUES(X'CD1378D077AEB55715A46B5D48F698881E6BF8377E1CDF9534716CE98980EC55','usr_Hok0_jXkgOMiF7Ix9pdtLg','2026-11-26 04:44:37.479968');
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
INSERT INTO "tokens" VALUES('tok_-JY9vUbpfblENAHKai2aMQ','usr_nQBDboCwaho_JVS2LydzwQ',X'1BA516A09031CA159E88B0325A3D591E054E838CEBE53EB8D6CF1A12DB4A9D74','MacBook Pro','k1LY','','2026-11-26 04:29:37.504547',NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "tokens" VALUES('tok_q_K_2MuRa2dQwNmQ2H4T5Q','usr_nQBDboCwaho_JVS2LydzwQ',X'DBE6E677F40B3B6C1A7FEE334B570DE03F0286336195232E4BA1CE2B30F94A05','Admin','fA3T','tokens:manage','2026-11-26 04:29:37.532842',NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "tokens" VALUES('tok_HCrZD2EnVqglCnEX89ITOA','usr_nQBDboCwaho_JVS2LydzwQ',X'8B7DB11D99ABDDC0666BA772CB616EE285F9FE599B2004C4D053D09AFC1E83C0','Requested','On8d','','2026-11-26 04:29:37.554636',NULL,NULL,NULL,NULL,NULL,1);
CREATE TABLE users (
	id VARCHAR(40) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	"plan" VARCHAR(20) NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_email UNIQUE (email)
);
INSERT INTO "users" VALUES('usr_nQBDboCwaho_JVS2LydzwQ','you@example.com','pro','2026-11-26 04:29:37.410614');
INSERT INTO "users" VALUES('usr_Hok0_jXkgOMiF7Ix9pdtLg','free@example.com','free','2026-11-26 04:29:37.478478');
CREATE INDEX ix_tokens_user_id_created_id ON tokens (user_id, created, id);
CREATE INDEX ix_sign_in_codes_expires ON sign_in_codes (expires);
CREATE INDEX ix_sessions_expires ON sessions (expires);
CREATE INDEX ix_attempts_ends ON attempts (ends);
CREATE INDEX ix_audit_at ON audit (at);
CREATE INDEX ix_audit_user_id ON audit (user_id);
CREATE INDEX ix_tokens_without_checksum ON tokens (expires) WHERE NOT has_checksum;
CREATE INDEX ix_leaks_user_id ON leaks (user_id);
CREATE INDEX ix_login_requests_remove_after ON login_requests (remove_after);
COMMIT;

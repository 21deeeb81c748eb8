BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
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
	address VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id)
);
INSERT INTO "audit" VALUES(1,'2026-11-26 04:29:30.165305','usr_LOtQc77mKripTSnPuAMzbA','user added','pro','command line');
INSERT INTO "audit" VALUES(2,'2026-11-26 04:29:30.171251','usr_LOtQc77mKripTSnPuAMzbA','sign-in link made','','command line');
INSERT INTO "audit" VALUES(3,'2026-11-26 04:29:30.179167','usr_VwuW6RZmz7JFtVU3JNbUbg','user added','free','command line');
INSERT INTO "audit" VALUES(4,'2026-11-26 04:29:30.179716','usr_VwuW6RZmz7JFtVU3JNbUbg','sign-in link made','','command line');
INSERT INTO "audit" VALUES(5,'2026-11-26 04:29:30.182770','usr_LOtQc77mKripTSnPuAMzbA','token created','tok_885xA4Dt23KLU5TH7RJUig','command line');
INSERT INTO "audit" VALUES(6,'2026-11-26 04:29:30.186638','usr_LOtQc77mKripTSnPuAMzbA','token created','tok_CsN-D9PRjJrtzIDnJHlGPQ','command line');
INSERT INTO "audit" VALUES(7,'2026-11-26 04:29:30.187821','usr_LOtQc77mKripTSnPuAMzbA','token created','tok_ae45mtIhSQytn2ahlJEUcg','command line');
INSERT INTO "audit" VALUES(8,'2026-11-26 04:29:30.189020','usr_LOtQc77mKripTSnPuAMzbA','token revoked','tok_ae45mtIhSQytn2ahlJEUcg','local');
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
INSERT INTO "sign_in_codes" VALUES(X'E0B46E863225A57505CC50F167E4E044666D6B086D7074CC2EC8012521E6D26E','usr_LOtQc77mKripTSnPuAMzbA','2026-11-26 04:44:30.165371');
INSERT INTO "sign_in_codes" VALUES(X'1BC2A121D572D923B8DF81C943FC2D7A5AAA687927EA03738C4894618BD5BFBB','usr_VwuW6RZmz7JFtVU3JNbUbg','2026-11-26 04:44:30.179208');
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
INSERT INTO "tokens" VALUES('tok_885xA4Dt23KLU5TH7RJUig','usr_LOtQc77mKripTSnPuAMzbA',X'3ED4ADF2E438302F522E34EABB7D9B3D37FD0919331966C896984BF1A6692995','MacBook Pro','7JQ6','','2026-11-26 04:29:30.182696',NULL,NULL,NULL);
INSERT INTO "tokens" VALUES('tok_CsN-D9PRjJrtzIDnJHlGPQ','usr_LOtQc77mKripTSnPuAMzbA',X'A7B57DDEAB1F46D88354AC933BB295599653B206E009FB386B22B845F01CD072','Admin','kHJO','tokens:manage','2026-11-26 04:29:30.186584',NULL,NULL,NULL);
CREATE TABLE users (
	id VARCHAR(40) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	"plan" VARCHAR(20) NOT NULL, 
	created DATETIME NOT NULL, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_email UNIQUE (email)
);
INSERT INTO "users" VALUES('usr_LOtQc77mKripTSnPuAMzbA','you@example.com','pro','2026-11-26 04:29:30.154153');
INSERT INTO "users" VALUES('usr_VwuW6RZmz7JFtVU3JNbUbg','free@example.com','free','2026-11-26 04:29:30.178312');
CREATE INDEX ix_tokens_user_id_created_id ON tokens (user_id, created, id);
CREATE INDEX ix_sign_in_codes_expires ON sign_in_codes (expires);
CREATE INDEX ix_sessions_expires ON sessions (expires);
CREATE INDEX ix_attempts_ends ON attempts (ends);
CREATE INDEX ix_audit_at ON audit (at);
CREATE INDEX ix_audit_user_id ON audit (user_id);
COMMIT;

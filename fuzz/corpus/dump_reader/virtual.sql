BEGIN; CREATE VIRTUAL TABLE f USING fts5(a, content='');
DELETE FROM "f_data"; INSERT INTO "f_data"("id", "block") VALUES(1,x'0101');
PRAGMA writable_schema=RESET;
CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, +l); INSERT INTO r VALUES(1,0,1,'l');
CREATE VIRTUAL TABLE d USING fts5(b, content=x); CREATE TABLE x(b); INSERT INTO d(d) VALUES('rebuild');
COMMIT;

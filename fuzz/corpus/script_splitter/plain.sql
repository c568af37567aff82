SELECT 1; -- a;
SELECT ';' /* ; */;;
 SELECT 2
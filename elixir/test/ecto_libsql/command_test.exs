defmodule EctoLibSql.CommandTest do
  use ExUnit.Case, async: true

  import EctoLibSql.Command, only: [detect: 1]

  test "the kind of a statement is that of its first word after spaces and comments" do
    for {sql, command} <- [
          {"  \n\tselect 1", :select},
          {"/* select */ DELETE FROM t", :delete},
          {"-- a\n-- b\nInsert INTO t VALUES (1)", :insert},
          {"REPLACE INTO t VALUES (1)", :insert},
          {"VALUES (1)", :select},
          {"EXPLAIN DELETE FROM t", :select},
          {"DROP TABLE t", :create},
          {"END", :commit},
          {"PRAGMA x", :pragma},
          {"VACUUM", :unknown},
          {"", :unknown},
          {"-- nothing", :unknown},
          {"/* no end", :unknown},
          {<<255>>, :unknown},
          {:select, :unknown}
        ] do
      assert {sql, detect(sql)} == {sql, command}
    end
  end

  test "the kind of a statement with CTEs is that of the verb after them" do
    for {sql, command} <- [
          {"WITH a AS (SELECT 1) SELECT * FROM a", :select},
          {"with recursive a(i) as (values (1)) insert into t select i from a", :insert},
          {"/* with */ WITH a AS (DELETE), b AS (SELECT ')') UPDATE t SET x = 1", :update},
          {~S|WITH "delete" AS (SELECT 1), [update] AS (SELECT 2) DELETE FROM t|, :delete},
          {"WITH a AS MATERIALIZED (SELECT 'it''s (') -- insert\n DELETE FROM t", :delete},
          {"WITH select_1 AS (SELECT 1) INSERT INTO t SELECT 1", :insert},
          {"WITH a AS (SELECT 1", :select},
          {"WITH", :select}
        ] do
      assert {sql, detect(sql)} == {sql, command}
    end
  end
end

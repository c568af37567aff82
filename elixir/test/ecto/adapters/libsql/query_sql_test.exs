if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  Code.require_file("sql_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.QuerySqlTest do
    use Ecto.Adapters.LibSql.SqlCase, async: true

    test_sql(
      "a query of a schema selects its columns",
      from(p in Post, where: p.visits > ^5, order_by: p.id),
      ~S|SELECT p0."id", p0."title", p0."visits", p0."cost", p0."flag", p0."tags", p0."flags", p0."items", p0."meta", p0."posted", p0."inserted_at", p0."writer" FROM "posts" AS p0 WHERE (p0."visits" > ?1) ORDER BY p0."id"|
    )

    test_sql(
      "an association is joined by INNER JOIN",
      from(p in Post, join: c in assoc(p, :comments), order_by: c.id, select: {p.id, c.body}),
      ~S|SELECT p0."id", c1."body" FROM "posts" AS p0 INNER JOIN "comments" AS c1 ON c1."post_id" = p0."id" ORDER BY c1."id"|
    )

    for {kind, words} <- [left: "LEFT OUTER", right: "RIGHT OUTER", full: "FULL OUTER"] do
      test_sql(
        "a #{kind} join is a #{words} JOIN",
        Post
        |> join(unquote(kind), [p], c in Comment, on: c.post_id == p.id)
        |> select([p, c], {p.id, c.id}),
        ~s|SELECT p0."id", c1."id" FROM "posts" AS p0 #{unquote(words)} JOIN "comments" AS c1 ON c1."post_id" = p0."id"|
      )
    end

    test_sql(
      "a cross join is a CROSS JOIN",
      from(p in Post, cross_join: c in Comment, select: count()),
      ~S|SELECT count(*) FROM "posts" AS p0 CROSS JOIN "comments" AS c1|
    )

    for {kind, words} <- [inner_lateral: "INNER", left: "LEFT OUTER"] do
      test_sql(
        "a fragment that refers to the row before it is joined by #{kind}",
        Post
        |> join(unquote(kind), [p], j in fragment("json_each(?)", p.tags), on: true)
        |> select([p, j], {p.id, j.value}),
        ~s|SELECT p0."id", f1."value" FROM "posts" AS p0 #{unquote(words)} JOIN json_each(p0."tags") AS f1 ON 1|
      )
    end

    test_sql(
      "distinct: true is DISTINCT",
      from(p in Post, distinct: true, select: p.visits),
      ~S|SELECT DISTINCT p0."visits" FROM "posts" AS p0|
    )

    test_sql(
      "distinct by a field keeps the first row of each value",
      from(p in Post, distinct: p.visits, order_by: [desc: p.id], select: {p.id, p.visits}),
      ~S|SELECT d0, d1 FROM (SELECT p0."id" AS d0, p0."visits" AS d1, row_number() OVER (PARTITION BY p0."visits" ORDER BY p0."visits", p0."id" DESC) AS ecto_number, p0."visits" AS o0, p0."id" AS o1 FROM "posts" AS p0) WHERE ecto_number = 1 ORDER BY o0, o1 DESC|
    )

    test_sql(
      "distinct by a decimal orders it as a number",
      from(p in Post,
        distinct: [desc: p.cost],
        order_by: [desc: p.id],
        select: {p.id, p.cost},
        limit: 2
      ),
      ~S|SELECT d0, d1 FROM (SELECT p0."id" AS d0, p0."cost" AS d1, row_number() OVER (PARTITION BY p0."cost" ORDER BY CAST(p0."cost" AS NUMERIC) DESC, p0."id" DESC) AS ecto_number, p0."cost" AS o0, p0."id" AS o1 FROM "posts" AS p0) WHERE ecto_number = 1 ORDER BY CAST(o0 AS NUMERIC) DESC, o1 DESC LIMIT 2|
    )

    test_sql(
      "a subquery may be distinct by a field",
      from(s in subquery(from(p in Post, distinct: p.visits, order_by: [desc: p.id])),
        select: {s.id, s.author}
      ),
      ~S|SELECT s0."id", s0."author" FROM (SELECT d0 AS "id", d1 AS "title", d2 AS "visits", d3 AS "cost", d4 AS "flag", d5 AS "tags", d6 AS "flags", d7 AS "items", d8 AS "meta", d9 AS "posted", d10 AS "inserted_at", d11 AS "author" FROM (SELECT sp0."id" AS d0, sp0."title" AS d1, sp0."visits" AS d2, sp0."cost" AS d3, sp0."flag" AS d4, sp0."tags" AS d5, sp0."flags" AS d6, sp0."items" AS d7, sp0."meta" AS d8, sp0."posted" AS d9, sp0."inserted_at" AS d10, sp0."writer" AS d11, row_number() OVER (PARTITION BY sp0."visits" ORDER BY sp0."visits", sp0."id" DESC) AS ecto_number, sp0."visits" AS o0, sp0."id" AS o1 FROM "posts" AS sp0) WHERE ecto_number = 1 ORDER BY o0, o1 DESC) AS s0|
    )

    test_sql(
      "a CTE may be materialised",
      Post
      |> with_cte("t",
        as: ^from(p in Post, where: p.id < 3, select: %{id: p.id, w: p.visits + 1}),
        materialized: true
      )
      |> join(:inner, [p], t in "t", on: t.id == p.id)
      |> select([p, t], {p.id, t.w}),
      ~S|WITH "t" AS MATERIALIZED (SELECT sp0."id" AS "id", sp0."visits" + 1 AS "w" FROM "posts" AS sp0 WHERE (sp0."id" < 3)) SELECT p0."id", t1."w" FROM "posts" AS p0 INNER JOIN "t" AS t1 ON t1."id" = p0."id"|
    )

    test_sql(
      "a recursive CTE is WITH RECURSIVE",
      {"t", Post}
      |> recursive_ctes(true)
      |> with_cte("t",
        as:
          ^(from(p in Post, where: p.id == 1, select: %{id: p.id})
            |> union_all(^from(t in "t", where: t.id < 5, select: %{id: t.id + 1})))
      )
      |> select([t], t.id),
      ~S|WITH RECURSIVE "t" AS (SELECT sp0."id" AS "id" FROM "posts" AS sp0 WHERE (sp0."id" = 1) UNION ALL SELECT st0."id" + 1 FROM "t" AS st0 WHERE (st0."id" < 5)) SELECT t0."id" FROM "t" AS t0|
    )

    test_sql(
      "a CTE may be a fragment",
      "t" |> with_cte("t", as: fragment("SELECT 1 AS n UNION SELECT 2")) |> select([t], t.n),
      ~S|WITH "t" AS (SELECT 1 AS n UNION SELECT 2) SELECT t0."n" FROM "t" AS t0|
    )

    test_sql(
      "the second query of a union keeps its order and limit",
      from(p in Post, select: p.id, where: p.id == 1) |> union(^last_id()),
      ~S|SELECT p0."id" FROM "posts" AS p0 WHERE (p0."id" = 1) UNION SELECT * FROM (SELECT p0."id" FROM "posts" AS p0 ORDER BY p0."id" DESC LIMIT 1)|
    )

    test_sql(
      "the order and the offset of a union_all are those of the whole",
      from(p in Post, select: p.id, order_by: fragment("id"), offset: 1)
      |> union_all(^last_id()),
      ~S|SELECT p0."id" FROM "posts" AS p0 UNION ALL SELECT * FROM (SELECT p0."id" FROM "posts" AS p0 ORDER BY p0."id" DESC LIMIT 1) ORDER BY id LIMIT -1 OFFSET 1|
    )

    test_sql(
      "except is EXCEPT",
      from(p in Post, select: p.id) |> except(^last_id()),
      ~S|SELECT p0."id" FROM "posts" AS p0 EXCEPT SELECT * FROM (SELECT p0."id" FROM "posts" AS p0 ORDER BY p0."id" DESC LIMIT 1)|
    )

    test_sql(
      "the second query of an intersect may be a combination itself",
      from(p in Post, select: p.id) |> intersect(^(last_id() |> union(^last_id()))),
      ~S|SELECT p0."id" FROM "posts" AS p0 INTERSECT SELECT * FROM (SELECT p0."id" FROM "posts" AS p0 UNION SELECT * FROM (SELECT p0."id" FROM "posts" AS p0 ORDER BY p0."id" DESC LIMIT 1) ORDER BY p0."id" DESC LIMIT 1)|
    )

    test_sql(
      "an order says where the NULLs are",
      from(p in Post, order_by: [asc_nulls_last: p.posted, desc_nulls_first: p.id], select: p.id),
      ~S|SELECT p0."id" FROM "posts" AS p0 ORDER BY p0."posted" ASC NULLS LAST, p0."id" DESC NULLS FIRST|
    )

    test_sql(
      "an offset without a limit has LIMIT -1",
      from(p in Post, order_by: p.id, offset: 1, select: p.id),
      ~S|SELECT p0."id" FROM "posts" AS p0 ORDER BY p0."id" LIMIT -1 OFFSET 1|
    )

    test_sql(
      "a limit and an offset may be parameters",
      from(p in Post, order_by: p.id, limit: ^1, offset: ^1, select: p.id),
      ~S|SELECT p0."id" FROM "posts" AS p0 ORDER BY p0."id" LIMIT ?1 OFFSET ?2|
    )

    for hint <- ["INDEXED BY post_title", "NOT INDEXED"] do
      test_sql(
        "the hint #{hint} stands behind the table",
        from(p in Post, hints: [unquote(hint)], where: p.title == "a", select: p.id),
        ~s|SELECT p0."id" FROM "posts" AS p0 #{unquote(hint)} WHERE (p0."title" = 'a')|
      )
    end

    test_sql(
      "selected_as names a column for GROUP BY, HAVING and ORDER BY",
      from(p in Post,
        select: %{v: selected_as(p.visits, :v2), c: count()},
        group_by: selected_as(:v2),
        order_by: selected_as(:v2),
        having: selected_as(:v2) > 5
      ),
      ~S|SELECT p0."visits" AS "v2", count(*) FROM "posts" AS p0 GROUP BY "v2" HAVING ("v2" > 5) ORDER BY "v2"|
    )

    test_sql(
      "as/1 refers to a source by its name",
      from(p in Post, as: :p, where: as(:p).id == 1, select: p.id),
      ~S|SELECT p0."id" FROM "posts" AS p0 WHERE (p0."id" = 1)|
    )

    test_sql(
      "values are a subquery of VALUES",
      from(v in values([%{a: 1, b: "x"}, %{a: 2, b: "y"}], %{a: :integer, b: :string}),
        join: p in Post,
        on: p.id == v.a,
        select: {v.b, p.id}
      ),
      ~S|SELECT f0."b", p1."id" FROM (SELECT column1 AS "a", column2 AS "b" FROM (VALUES (?1,?2),(?3,?4))) AS f0 INNER JOIN "posts" AS p1 ON p1."id" = f0."a"|
    )

    test_sql(
      "a subquery may be selected",
      from(p in Post,
        as: :p,
        select:
          {p.id,
           subquery(from(c in Comment, where: c.post_id == parent_as(:p).id, select: count()))}
      ),
      ~S|SELECT p0."id", (SELECT count(*) AS "result" FROM "comments" AS sc0 WHERE (sc0."post_id" = p0."id")) FROM "posts" AS p0|
    )

    test_sql(
      "a subquery may be a source",
      from(s in subquery(from(p in Post, limit: 2, order_by: p.id)), select: {s.id, s.author}),
      ~S|SELECT s0."id", s0."author" FROM (SELECT sp0."id" AS "id", sp0."title" AS "title", sp0."visits" AS "visits", sp0."cost" AS "cost", sp0."flag" AS "flag", sp0."tags" AS "tags", sp0."flags" AS "flags", sp0."items" AS "items", sp0."meta" AS "meta", sp0."posted" AS "posted", sp0."inserted_at" AS "inserted_at", sp0."writer" AS "author" FROM "posts" AS sp0 ORDER BY sp0."id" LIMIT 2) AS s0|
    )

    test_sql(
      "rows may be ordered by a subquery",
      from(p in Post,
        as: :p,
        order_by:
          subquery(from(c in Comment, where: c.post_id == parent_as(:p).id, select: -count())),
        select: p.id
      ),
      ~S|SELECT p0."id" FROM "posts" AS p0 ORDER BY (SELECT -(count(*)) AS "result" FROM "comments" AS sc0 WHERE (sc0."post_id" = p0."id"))|
    )

    test_sql(
      "or_where takes together all conditions before it",
      from(p in Post, where: p.id == 1, or_where: p.id == 2, where: p.visits == 20, select: p.id),
      ~S|SELECT p0."id" FROM "posts" AS p0 WHERE (((p0."id" = 1)) OR (p0."id" = 2)) AND (p0."visits" = 20)|
    )

    test_sql(
      "a query that asks whether there are rows selects 1",
      from(p in Post, select: 1, limit: 1),
      ~S|SELECT 1 FROM "posts" AS p0 LIMIT 1|
    )

    test_sql(
      "a prefix is the name of a database",
      from(p in Post, prefix: "main", select: p.id),
      ~S|SELECT p0."id" FROM "main"."posts" AS p0|
    )

    test_sql(
      "rows may be counted behind a limit",
      from(s in subquery(from(p in Post, limit: 2)), select: count("*")),
      ~S|SELECT count('*') FROM (SELECT sp0."id" AS "id", sp0."title" AS "title", sp0."visits" AS "visits", sp0."cost" AS "cost", sp0."flag" AS "flag", sp0."tags" AS "tags", sp0."flags" AS "flags", sp0."items" AS "items", sp0."meta" AS "meta", sp0."posted" AS "posted", sp0."inserted_at" AS "inserted_at", sp0."writer" AS "author" FROM "posts" AS sp0 LIMIT 2) AS s0|
    )

    test "every construct that SQLite lacks is refused by name" do
      for {name, kind, query} <- refused() do
        error = assert_raise Ecto.QueryError, fn -> sql(query, kind) end
        assert error.message =~ "SQLite does not support"
        assert error.message =~ name
      end
    end

    defp refused do
      [
        {"inner_lateral_join", :all,
         from(p in Post,
           as: :p,
           inner_lateral_join:
             c in subquery(from(c in Comment, where: c.post_id == parent_as(:p).id)),
           on: true,
           select: c.id
         )},
        {"operation :update_all", :all,
         "t"
         |> with_cte("t",
           as: ^from(p in Post, update: [set: [visits: 1]], select: %{id: p.id}),
           operation: :update_all
         )
         |> select([t], t.id)},
        {"except_all", :all, from(p in Post, select: p.id) |> except_all(^last_id())},
        {"intersect_all", :all, from(p in Post, select: p.id) |> intersect_all(^last_id())},
        {"TABLESAMPLE", :all, from(p in Post, hints: ["TABLESAMPLE"], select: p.id)},
        {"lock", :all, locked()},
        {"lock", :all, from(p in subquery(locked()), select: p.id)},
        {"lock", :all, from(p in Post, where: p.id in subquery(locked()), select: p.id)},
        {"lock", :all, "l" |> with_cte("l", as: ^locked()) |> select([l], l.id)},
        {"lock", :all, from(p in Post, select: p.id) |> union_all(^locked())},
        {"lock", :update_all,
         from(p in Post,
           join: l in subquery(locked()),
           on: l.id == p.id,
           update: [set: [title: "x"]]
         )},
        {"lock", :delete_all, from(p in Post, join: l in subquery(locked()), on: l.id == p.id)},
        {"with_ties", :all,
         from(p in Post, limit: 1, order_by: p.id, select: p.id) |> with_ties(true)},
        {"keyword fragment", :all, from(p in Post, where: fragment(title: 1), select: p.id)},
        {"count/1", :all, from(p in Post, select: count(p))},
        {"joined source", :update_all,
         from(p in Post,
           join: c in Comment,
           on: c.post_id == p.id,
           update: [set: [title: "x"]],
           select: c.id
         )}
      ]
    end

    defp locked, do: from(p in Post, lock: "FOR UPDATE", select: %{id: p.id})
    defp last_id, do: from(p in Post, select: p.id, order_by: [desc: p.id], limit: 1)
  end
end

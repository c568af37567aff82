if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  Code.require_file("sql_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.WriteSqlTest do
    use Ecto.Adapters.LibSql.SqlCase, async: true

    test_sql(
      :update_all,
      "update_all sets, increments and returns",
      from(p in Post,
        where: p.id == 1,
        update: [set: [title: ^"zz", visits: p.visits + 1], inc: [id: 0]],
        select: {p.id, p.visits, p.title}
      ),
      ~S|UPDATE "posts" AS p0 SET "visits" = p0."visits" + 1, "id" = "id" + 0, "title" = ?1 WHERE (p0."id" = 1) RETURNING "posts"."id", "posts"."visits", "posts"."title"|
    )

    test_sql(
      :update_all,
      "update_all with an inner join is UPDATE ... FROM",
      from(p in Post,
        join: c in Comment,
        on: c.post_id == p.id,
        where: c.id == 3,
        update: [set: [title: c.body]],
        select: p
      ),
      ~S|UPDATE "posts" AS p0 SET "title" = c1."body" FROM "comments" AS c1 WHERE (c1."post_id" = p0."id") AND (c1."id" = 3) RETURNING "posts"."id", "posts"."title", "posts"."visits", "posts"."cost", "posts"."flag", "posts"."tags", "posts"."flags", "posts"."items", "posts"."meta", "posts"."posted", "posts"."inserted_at", "posts"."writer"|
    )

    test_sql(
      :update_all,
      "update_all with a left join joins the table to itself by rowid",
      from(p in Post,
        left_join: c in Comment,
        on: c.post_id == p.id,
        where: is_nil(c.id),
        or_where: p.id == 77,
        update: [set: [title: "none"]],
        select: {p.id, p.title, p.meta["a"]}
      ),
      ~S|UPDATE "posts" AS ecto_target SET "title" = 'none' FROM "posts" AS p0 LEFT OUTER JOIN "comments" AS c1 ON c1."post_id" = p0."id" WHERE /* by rowid: p0 */ ecto_target._rowid_ = p0._rowid_ AND (((c1."id" IS NULL)) OR (p0."id" = 77)) RETURNING "posts"."id", "posts"."title", ("posts"."meta" -> '$.a') /* ecto_libsql: 2 json */|
    )

    test_sql(
      :update_all,
      "update_all joins the table to itself if a fragment refers to it",
      from(p in Post,
        join: j in fragment("json_each(?)", p.tags),
        on: j.value == "y",
        update: [set: [title: j.value]],
        select: p.id
      ),
      ~S|UPDATE "posts" AS ecto_target SET "title" = f1."value" FROM "posts" AS p0 INNER JOIN json_each(p0."tags") AS f1 ON f1."value" = 'y' WHERE /* by rowid: p0 */ ecto_target._rowid_ = p0._rowid_ RETURNING "posts"."id"|
    )

    test_sql(
      :update_all,
      "update_all may join a CTE",
      Post
      |> with_cte("t", as: ^from(p in Post, where: p.id == 2, select: %{id: p.id}))
      |> join(:inner, [p], t in "t", on: t.id == p.id)
      |> update([p, t], set: [visits: 99])
      |> select([p], p.visits),
      ~S|WITH "t" AS (SELECT sp0."id" AS "id" FROM "posts" AS sp0 WHERE (sp0."id" = 2)) UPDATE "posts" AS p0 SET "visits" = 99 FROM "t" AS t1 WHERE (t1."id" = p0."id") RETURNING "posts"."visits"|
    )

    test_sql(
      :update_all,
      "push adds an element to an array",
      from(p in Post, update: [push: [tags: ^"new"]], select: p.tags),
      ~S|UPDATE "posts" AS p0 SET "tags" = json_insert(coalesce(p0."tags", '[]'), '$[#]', ?1) RETURNING "posts"."tags"|
    )

    test_sql(
      :update_all,
      "push adds a boolean as JSON has it",
      from(p in Post, update: [push: [flags: ^true]], select: p.flags),
      ~S|UPDATE "posts" AS p0 SET "flags" = json_insert(coalesce(p0."flags", '[]'), '$[#]', json(CASE ?1 WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)) RETURNING "posts"."flags"|
    )

    test_sql(
      :update_all,
      "pull removes the elements that are equal",
      from(p in Post, update: [pull: [tags: "x", flags: ^false]], select: {p.tags, p.flags}),
      ~S|UPDATE "posts" AS p0 SET "tags" = CASE WHEN p0."tags" IS NOT NULL THEN (SELECT json_group_array(json(p0."tags" -> e.fullkey)) FROM json_each(p0."tags") AS e WHERE e.value IS NOT 'x') END, "flags" = CASE WHEN p0."flags" IS NOT NULL THEN (SELECT json_group_array(json(p0."flags" -> e.fullkey)) FROM json_each(p0."flags") AS e WHERE e.value IS NOT ?1) END RETURNING "posts"."tags", "posts"."flags"|
    )

    test_sql(
      :update_all,
      "update_all may join values",
      from(p in Post,
        join: v in values([%{a: 1, b: 7}], %{a: :integer, b: :integer}),
        on: p.id == v.a,
        update: [set: [visits: v.b]],
        select: p.visits
      ),
      ~S|UPDATE "posts" AS p0 SET "visits" = f1."b" FROM (SELECT column1 AS "a", column2 AS "b" FROM (VALUES (?1,?2))) AS f1 WHERE (p0."id" = f1."a") RETURNING "posts"."visits"|
    )

    test_sql(
      :update_all,
      "update_all may return a subquery",
      from(p in Post,
        as: :p,
        update: [set: [visits: 1]],
        select: {p.id, subquery(from(q in Post, where: q.id == parent_as(:p).id, select: q.title))}
      ),
      ~S|UPDATE "posts" AS p0 SET "visits" = 1 RETURNING "posts"."id", (SELECT sp0."title" AS "title" FROM "posts" AS sp0 WHERE (sp0."id" = "posts"."id"))|
    )

    test "inc adds to a decimal that is stored as a text" do
      query =
        from(p in Post,
          where: p.id == 1,
          update: [inc: [cost: ^Decimal.new("1.25")]],
          select: p.cost
        )

      assert update_all(query) =~
               ~r|^UPDATE "posts" AS p0 SET /\* written: \+cost 0 \*/ "cost" = CASE WHEN typeof\("cost"\) = 'text' .* ELSE "cost" \+ \?1 END WHERE \(p0."id" = 1\) RETURNING "posts"."cost"$|
    end

    test_sql(
      :update_all,
      "update_all without a schema joins the table to itself by rowid",
      from(p in "posts", left_join: c in Comment, on: c.post_id == p.id, update: [set: [a: 1]]),
      ~S|UPDATE "posts" AS ecto_target SET "a" = 1 FROM "posts" AS p0 LEFT OUTER JOIN "comments" AS c1 ON c1."post_id" = p0."id" WHERE /* by rowid: p0 */ ecto_target._rowid_ = p0._rowid_|
    )

    test "update_all returns a row's own columns when they come from a join with the table itself" do
      mine = from(p in Post, where: p.flag, select: %{nr: p.id, name: p.title, n: p.visits + 1})

      for source <- [Post, from(p in Post), from(p in subquery(from(p in Post)))] do
        query =
          from(p in Post,
            join: x in subquery(source),
            on: p.id == x.id and x.flag,
            update: [set: [title: "x"]],
            select: map(x, [:id, :title])
          )

        assert update_all(query) =~ ~S|RETURNING "posts"."id", "posts"."title"|
      end

      query =
        from(p in Post,
          as: :p,
          join: x in subquery(mine),
          as: :x,
          on: as(:x).nr == as(:p).id,
          update: [set: [title: "x"]]
        )

      assert query |> select([p, x], {x.name, as(:x).nr}) |> update_all() =~
               ~S|RETURNING "posts"."title", "posts"."id"|

      assert_raise Ecto.QueryError, ~r/RETURNING/, fn ->
        query |> select([p, x], x.n) |> update_all()
      end
    end

    test "a column of a joined table is returned only if it equals one of the row that is written" do
      query =
        from(c in Comment,
          join: p in Post,
          on: p.title == c.body,
          where: c.post_id == p.id,
          update: [set: [body: "x"]]
        )

      returned = ~S|RETURNING "comments"."post_id"|
      assert query |> select([c, p], p.id) |> update_all() =~ returned
      assert query |> exclude(:update) |> select([c, p], p.id) |> delete_all() =~ returned

      refused = [
        select(query, [c, p], p.title),
        query |> or_where([c], c.id == 1) |> select([c, p], p.id),
        query |> update([c], set: [post_id: 1]) |> select([c, p], p.id),
        from(c in Comment,
          left_join: p in Post,
          on: c.post_id == p.id,
          update: [set: [body: "x"]],
          select: p.id
        ),
        from(p in Post,
          left_join: x in Post,
          on: x.id == p.id,
          update: [set: [title: "x"]],
          select: x.id
        ),
        from(p in Post,
          join: x in Post,
          on: x.id != p.id,
          update: [set: [title: "x"]],
          select: x.id
        )
      ]

      for query <- refused do
        assert_raise Ecto.QueryError, ~r/RETURNING/, fn -> update_all(query) end
      end
    end

    test_sql(
      :delete_all,
      "delete_all with a join deletes by rowid",
      from(p in Comment, join: c in Post, on: p.post_id == c.id, where: c.id == 2, select: p.id),
      ~S|DELETE FROM "comments" WHERE /* by rowid: c0 */ _rowid_ IN (SELECT c0._rowid_ FROM "comments" AS c0 INNER JOIN "posts" AS p1 ON c0."post_id" = p1."id" WHERE (p1."id" = 2)) RETURNING "comments"."id"|
    )

    test_sql(
      :delete_all,
      "delete_all returns what is selected",
      from(p in Comment, where: p.id == 4, select: {p.id, p.body}),
      ~S|DELETE FROM "comments" AS c0 WHERE (c0."id" = 4) RETURNING "comments"."id", "comments"."body"|
    )

    test_sql(
      :delete_all,
      "delete_all may join a CTE",
      Comment
      |> with_cte("t", as: ^from(p in Post, where: p.id == 1, select: %{id: p.id}))
      |> join(:inner, [c], t in "t", on: t.id == c.post_id)
      |> where([c], c.id == 1),
      ~S|WITH "t" AS (SELECT sp0."id" AS "id" FROM "posts" AS sp0 WHERE (sp0."id" = 1)) DELETE FROM "comments" WHERE /* by rowid: c0 */ _rowid_ IN (SELECT c0._rowid_ FROM "comments" AS c0 INNER JOIN "t" AS t1 ON t1."id" = c0."post_id" WHERE (c0."id" = 1))|
    )

    test_sql(
      :delete_all,
      "delete_all of a whole table has no WHERE",
      from(p in Comment),
      ~S|DELETE FROM "comments" AS c0|
    )
  end
end

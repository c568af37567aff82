if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  Code.require_file("sql_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.QuerySqlTest do
    use Ecto.Adapters.LibSql.SqlCase, async: true

    test "all" do
      query = from(p in Post, where: p.visits > ^5, order_by: p.id)

      assert all(query) ==
               ~S|SELECT p0."id", p0."title", p0."visits", p0."cost", p0."flag", p0."tags", p0."flags", p0."items", p0."meta", p0."posted", p0."inserted_at", p0."writer" FROM "posts" AS p0 WHERE (p0."visits" > ?1) ORDER BY p0."id"|
    end

    test "inner" do
      query =
        from(p in Post, join: c in assoc(p, :comments), order_by: c.id, select: {p.id, c.body})

      assert all(query) ==
               ~s|:todo|
    end

    test "left" do
      query =
        from(p in Post, left_join: c in Comment, on: c.post_id == p.id, select: {p.id, c.id})

      assert all(query) ==
               ~s|:todo|
    end

    test "right" do
      query =
        from(p in Post, right_join: c in Comment, on: c.post_id == p.id, select: {p.id, c.id})

      assert all(query) ==
               ~s|:todo|
    end

    test "full" do
      query =
        from(p in Post, full_join: c in Comment, on: c.post_id == p.id, select: {p.id, c.id})

      assert all(query) ==
               ~s|:todo|
    end

    test "cross" do
      query = from(p in Post, cross_join: c in Comment, select: count())

      assert all(query) ==
               ~s|:todo|
    end

    test "lateral frag" do
      query =
        from(p in Post,
          inner_lateral_join: j in fragment("json_each(?)", p.tags),
          on: true,
          select: {p.id, j.value}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "join frag" do
      query =
        from(p in Post,
          left_join: j in fragment("json_each(?)", p.tags),
          on: true,
          select: {p.id, j.value}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "distinct" do
      query = from(p in Post, distinct: true, select: p.visits)

      assert all(query) ==
               ~s|:todo|
    end

    test "distinct on" do
      query =
        from(p in Post, distinct: p.visits, order_by: [desc: p.id], select: {p.id, p.visits})

      assert all(query) ==
               ~s|:todo|
    end

    test "distinct on dec" do
      query =
        from(p in Post,
          distinct: [desc: p.cost],
          order_by: [desc: p.id],
          select: {p.id, p.cost},
          limit: 2
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "distinct on sub" do
      query =
        from(s in subquery(from(p in Post, distinct: p.visits, order_by: [desc: p.id])),
          select: {s.id, s.author}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "cte" do
      query =
        Post
        |> with_cte("t",
          as: ^from(p in Post, where: p.id < 3, select: %{id: p.id, w: p.visits + 1}),
          materialized: true
        )
        |> join(:inner, [p], t in "t", on: t.id == p.id)
        |> select([p, t], {p.id, t.w})

      assert all(query) ==
               ~s|:todo|
    end

    test "recursive" do
      query =
        {"t", Post}
        |> recursive_ctes(true)
        |> with_cte("t",
          as:
            ^(from(p in Post, where: p.id == 1, select: %{id: p.id})
              |> union_all(^from(t in "t", where: t.id < 5, select: %{id: t.id + 1})))
        )
        |> select([t], t.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "cte frag" do
      query =
        "t" |> with_cte("t", as: fragment("SELECT 1 AS n UNION SELECT 2")) |> select([t], t.n)

      assert all(query) ==
               ~s|:todo|
    end

    test "union" do
      query = from(p in Post, select: p.id, where: p.id == 1) |> union(^last_id())

      assert all(query) ==
               ~s|:todo|
    end

    test "union all ordered" do
      query =
        from(p in Post, select: p.id, order_by: fragment("id"), offset: 1)
        |> union_all(^last_id())

      assert all(query) ==
               ~s|:todo|
    end

    test "except" do
      query = from(p in Post, select: p.id) |> except(^last_id())

      assert all(query) ==
               ~s|:todo|
    end

    test "intersect" do
      query = from(p in Post, select: p.id) |> intersect(^(last_id() |> union(^last_id())))

      assert all(query) ==
               ~s|:todo|
    end

    test "nulls" do
      query =
        from(p in Post, order_by: [asc_nulls_last: p.posted, desc_nulls_first: p.id], select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "offset" do
      query = from(p in Post, order_by: p.id, offset: 1, select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "limit offset" do
      query = from(p in Post, order_by: p.id, limit: ^1, offset: ^1, select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "hint" do
      query =
        from(p in Post, hints: ["INDEXED BY post_title"], where: p.title == "a", select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "hint2" do
      query = from(p in Post, hints: ["NOT INDEXED"], where: p.title == "a", select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "selected_as" do
      query =
        from(p in Post,
          select: %{v: selected_as(p.visits, :v2), c: count()},
          group_by: selected_as(:v2),
          order_by: selected_as(:v2),
          having: selected_as(:v2) > 5
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "as" do
      query = from(p in Post, as: :p, where: as(:p).id == 1, select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "values" do
      query =
        from(v in values([%{a: 1, b: "x"}, %{a: 2, b: "y"}], %{a: :integer, b: :string}),
          join: p in Post,
          on: p.id == v.a,
          select: {v.b, p.id}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "sub sel" do
      query =
        from(p in Post,
          as: :p,
          select:
            {p.id,
             subquery(from(c in Comment, where: c.post_id == parent_as(:p).id, select: count()))}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "sub from" do
      query =
        from(s in subquery(from(p in Post, limit: 2, order_by: p.id)), select: {s.id, s.author})

      assert all(query) ==
               ~s|:todo|
    end

    test "sub order" do
      query =
        from(p in Post,
          as: :p,
          order_by:
            subquery(from(c in Comment, where: c.post_id == parent_as(:p).id, select: -count())),
          select: p.id
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "or where" do
      query =
        from(p in Post, where: p.id == 1, or_where: p.id == 2, where: p.visits == 20, select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "exists?" do
      query = from(p in Post, select: 1, limit: 1)

      assert all(query) ==
               ~s|:todo|
    end

    test "prefix" do
      query = from(p in Post, prefix: "main", select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "agg" do
      query = from(s in subquery(from(p in Post, limit: 2)), select: count("*"))

      assert all(query) ==
               ~s|:todo|
    end

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
        {"lock", :all, from(p in Post, lock: "FOR UPDATE", select: p.id)},
        {"with_ties", :all,
         from(p in Post, limit: 1, order_by: p.id, select: p.id) |> with_ties(true)},
        {"keyword or interpolated fragment", :all,
         from(p in Post, where: fragment(title: 1), select: p.id)},
        {"whole source", :all, from(p in "posts", select: p)},
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

    defp last_id, do: from(p in Post, select: p.id, order_by: [desc: p.id], limit: 1)
  end
end

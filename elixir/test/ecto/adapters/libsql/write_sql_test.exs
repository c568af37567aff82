if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  Code.require_file("sql_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.WriteSqlTest do
    use Ecto.Adapters.LibSql.SqlCase, async: true

    test "u set" do
      query =
        from(p in Post,
          where: p.id == 1,
          update: [set: [title: ^"zz", visits: p.visits + 1], inc: [id: 0]],
          select: {p.id, p.visits, p.title}
        )

      assert update_all(query) ==
               ~s|:todo|
    end

    test "u join" do
      query =
        from(p in Post,
          join: c in Comment,
          on: c.post_id == p.id,
          where: c.id == 3,
          update: [set: [title: c.body]],
          select: p
        )

      assert update_all(query) ==
               ~s|:todo|
    end

    test "u left" do
      query =
        from(p in Post,
          left_join: c in Comment,
          on: c.post_id == p.id,
          where: is_nil(c.id),
          or_where: p.id == 77,
          update: [set: [title: "none"]],
          select: {p.id, p.title, p.meta["a"]}
        )

      assert update_all(query) ==
               ~s|:todo|
    end

    test "u lateral" do
      query =
        from(p in Post,
          join: j in fragment("json_each(?)", p.tags),
          on: j.value == "y",
          update: [set: [title: j.value]],
          select: p.id
        )

      assert update_all(query) ==
               ~s|:todo|
    end

    test "u cte" do
      query =
        Post
        |> with_cte("t", as: ^from(p in Post, where: p.id == 2, select: %{id: p.id}))
        |> join(:inner, [p], t in "t", on: t.id == p.id)
        |> update([p, t], set: [visits: 99])
        |> select([p], p.visits)

      assert update_all(query) ==
               ~s|:todo|
    end

    test "u push" do
      query = from(p in Post, update: [push: [tags: ^"new"]], select: p.tags)

      assert update_all(query) ==
               ~s|:todo|
    end

    test "u push b" do
      query = from(p in Post, update: [push: [flags: ^true]], select: p.flags)

      assert update_all(query) ==
               ~s|:todo|
    end

    test "u pull" do
      query =
        from(p in Post, update: [pull: [tags: "x", flags: ^false]], select: {p.tags, p.flags})

      assert update_all(query) ==
               ~s|:todo|
    end

    test "u values" do
      query =
        from(p in Post,
          join: v in values([%{a: 1, b: 7}], %{a: :integer, b: :integer}),
          on: p.id == v.a,
          update: [set: [visits: v.b]],
          select: p.visits
        )

      assert update_all(query) ==
               ~s|:todo|
    end

    test "u sub ret" do
      query =
        from(p in Post,
          as: :p,
          update: [set: [visits: 1]],
          select:
            {p.id, subquery(from(q in Post, where: q.id == parent_as(:p).id, select: q.title))}
        )

      assert update_all(query) ==
               ~s|:todo|
    end

    test "u dec inc" do
      query =
        from(p in Post,
          where: p.id == 1,
          update: [inc: [cost: ^Decimal.new("1.25")]],
          select: p.cost
        )

      assert update_all(query) ==
               ~s|:todo|
    end

    test "d join" do
      query =
        from(p in Comment, join: c in Post, on: p.post_id == c.id, where: c.id == 2, select: p.id)

      assert delete_all(query) ==
               ~s|:todo|
    end

    test "d where" do
      query = from(p in Comment, where: p.id == 4, select: {p.id, p.body})

      assert delete_all(query) ==
               ~s|:todo|
    end

    test "d cte" do
      query =
        Comment
        |> with_cte("t", as: ^from(p in Post, where: p.id == 1, select: %{id: p.id}))
        |> join(:inner, [c], t in "t", on: t.id == c.post_id)
        |> where([c], c.id == 1)

      assert delete_all(query) ==
               ~s|:todo|
    end

    test "d all" do
      query = from(p in Comment)

      assert delete_all(query) ==
               ~s|:todo|
    end
  end
end

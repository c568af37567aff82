if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  Code.require_file("sql_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.ExpressionTest do
    use Ecto.Adapters.LibSql.SqlCase, async: true

    test "in" do
      query = from(p in Post, where: p.id in [1, 2], select: p.id)

      assert all(query) ==
               ~S|SELECT p0."id" FROM "posts" AS p0 WHERE (p0."id" IN (1,2))|
    end

    test "in param" do
      query = from(p in Post, where: p.id in ^[1, 2] and p.visits == ^10, select: p.id)

      assert all(query) ==
               ~S|SELECT p0."id" FROM "posts" AS p0 WHERE ((p0."id" IN (?1,?2)) AND (p0."visits" = ?3))|
    end

    test "in empty" do
      query = from(p in Post, where: p.id in ^[], select: p.id)

      assert all(query) ==
               ~S|SELECT p0."id" FROM "posts" AS p0 WHERE (0)|
    end

    test "in array" do
      query = from(p in Post, where: "x" in p.tags, select: p.id)

      assert all(query) ==
               ~S|SELECT p0."id" FROM "posts" AS p0 WHERE ((CASE WHEN p0."tags" IS NOT NULL THEN 'x' IN (SELECT value FROM json_each(p0."tags")) END))|
    end

    test "not in array" do
      query = from(p in Post, where: "x" not in p.tags, select: p.id)

      assert all(query) ==
               ~S|SELECT p0."id" FROM "posts" AS p0 WHERE (NOT ((CASE WHEN p0."tags" IS NOT NULL THEN 'x' IN (SELECT value FROM json_each(p0."tags")) END)))|
    end

    test "in sub" do
      query =
        from(p in Post,
          where: p.id in subquery(from(c in Comment, select: c.post_id)),
          select: p.id
        )

      assert all(query) ==
               ~S|SELECT p0."id" FROM "posts" AS p0 WHERE (p0."id" IN (SELECT sc0."post_id" FROM "comments" AS sc0))|
    end

    test "exists" do
      query =
        from(p in Post,
          as: :p,
          where: exists(from(c in Comment, where: c.post_id == parent_as(:p).id, select: 1)),
          select: p.id
        )

      assert all(query) ==
               ~S|SELECT p0."id" FROM "posts" AS p0 WHERE (EXISTS (SELECT 1 FROM "comments" AS sc0 WHERE (sc0."post_id" = p0."id")))|
    end

    test "not exists" do
      query =
        from(p in Post,
          as: :p,
          where: not exists(from(c in Comment, where: c.post_id == parent_as(:p).id)),
          select: p.id
        )

      assert all(query) ==
               ~S|SELECT p0."id" FROM "posts" AS p0 WHERE (NOT EXISTS (SELECT sc0."id", sc0."body", sc0."post_id" FROM "comments" AS sc0 WHERE (sc0."post_id" = p0."id")))|
    end

    test "any eq" do
      query =
        from(p in Post, where: p.id == any(from(c in Comment, select: c.post_id)), select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "gt any" do
      query =
        from(p in Post, where: p.id > any(from(c in Comment, select: c.post_id)), select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "ge all" do
      query =
        from(p in Post,
          where: p.id >= all(from(c in Comment, where: not is_nil(c.post_id), select: c.post_id)),
          select: p.id
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "ne all" do
      query =
        from(p in Post,
          where: p.id != all(from(c in Comment, where: not is_nil(c.post_id), select: c.post_id)),
          select: p.id
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "filter" do
      query = from(p in Post, select: filter(count(p.id), p.visits > 10))

      assert all(query) ==
               ~s|:todo|
    end

    test "count distinct" do
      query = from(p in Post, select: count(p.visits, :distinct))

      assert all(query) ==
               ~s|:todo|
    end

    test "windows" do
      query =
        from(p in Post,
          windows: [w: [partition_by: p.visits, order_by: [desc: p.id]]],
          select:
            {p.id, over(row_number(), :w), over(sum(p.visits), partition_by: p.visits),
             over(lag(p.id, 1, 0), order_by: p.id)}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "frame" do
      query =
        from(p in Post,
          windows: [
            w: [order_by: p.id, frame: fragment("ROWS BETWEEN 1 PRECEDING AND CURRENT ROW")]
          ],
          select:
            {p.id, over(avg(p.visits), :w), over(nth_value(p.id, 2), :w), over(ntile(2), :w)}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "filter over" do
      query =
        from(p in Post, select: over(filter(count(), p.visits > 10), partition_by: p.visits))

      assert all(query) ==
               ~s|:todo|
    end

    test "json" do
      query =
        from(p in Post,
          where: p.id == 1,
          select:
            {p.meta["a"]["b"][0], p.meta["a"]["b"][1]["c"], p.meta["t"], p.meta["q\"k"],
             p.meta["nope"]["x"]}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "json path str" do
      query =
        from(p in Post,
          where: p.meta["a"]["b"][^0] == 1,
          select: {json_extract_path(p.meta, ^["a", "b"]), p.meta["a"]}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "json col" do
      query =
        from(p in Post,
          where: p.id == 1,
          select: {p.meta["a"]["b"][p.id]["c"], p.meta[p.title]["b"]}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "json bool" do
      query = from(p in Post, where: p.meta["on"] == true, select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "json bool2" do
      query = from(p in Post, where: p.meta["x"] == true, select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "json in sub" do
      query = from(s in subquery(from(p in Post, select: %{t: p.meta["t"]})), select: s.t)

      assert all(query) ==
               ~s|:todo|
    end

    test "date_add" do
      query =
        from(p in Post,
          select:
            {date_add(p.posted, 1, "month"), date_add(p.posted, -1, "year"),
             date_add(p.posted, 48.0, "hour"), date_add(p.posted, ^1, ^"week")}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "datetime_add" do
      query =
        from(p in Post,
          select:
            {datetime_add(p.inserted_at, 1, "month"), datetime_add(p.inserted_at, 1.5, "second"),
             datetime_add(p.inserted_at, ^Decimal.new("1.5"), "day"),
             datetime_add(p.inserted_at, -3, "microsecond")}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "datetime_add usec" do
      query =
        from(p in Post,
          limit: 1,
          select:
            {datetime_add(^~N[1969-12-31 23:59:59.999999], 2, "microsecond"),
             datetime_add(type(^~U[2014-01-01 00:00:00.123456Z], :utc_datetime_usec), 1, "month"),
             datetime_add(
               type(^~N[2014-01-01 00:00:00.000001], :naive_datetime_usec),
               -2,
               "microsecond"
             )}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "ago" do
      query =
        from(p in Post,
          where: p.inserted_at < ago(1, "month") and p.inserted_at < from_now(1, "day"),
          select: p.id
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "coalesce" do
      query = from(p in Post, select: coalesce(p.posted, "none"))

      assert all(query) ==
               ~s|:todo|
    end

    test "arith" do
      query = from(p in Post, select: (p.visits + 1) * 2 - p.id / 2)

      assert all(query) ==
               ~s|:todo|
    end

    test "arith2" do
      query = from(p in Post, where: p.visits in [10] == true, select: -p.visits)

      assert all(query) ==
               ~s|:todo|
    end

    test "tuple" do
      query = from(p in Post, where: {p.id, p.visits} == {1, 10}, select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "type" do
      query =
        from(p in Post,
          limit: 1,
          select:
            {type(^"5", :integer), type(p.visits, :string), type(^"1.5", :float),
             type(^Decimal.new("12345678901234567890.123456789"), :decimal),
             type(p.cost, :decimal)}
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "decimal" do
      query = from(p in Post, where: p.cost > 9.6, order_by: [desc: p.cost], select: p.cost)

      assert all(query) ==
               ~s|:todo|
    end

    test "decimal p" do
      query =
        from(p in Post,
          where: p.cost == ^Decimal.new("9.50") or p.cost in ^[Decimal.new("100.0")],
          select: p.cost
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "decimal max" do
      query = from(p in Post, select: {max(p.cost), min(p.cost), sum(p.cost)})

      assert all(query) ==
               ~s|:todo|
    end

    test "decimal sub" do
      query =
        from(s in subquery(from(p in Post, select: %{c: p.cost})), where: s.c > 9.6, select: s.c)

      assert all(query) ==
               ~s|:todo|
    end

    test "frag" do
      query =
        from(p in Post,
          where:
            fragment("lower(?)", p.title) == "a" and fragment("? = ?", identifier(^"title"), ^"a"),
          select: fragment("?", constant(^10))
        )

      assert all(query) ==
               ~s|:todo|
    end

    test "frag splice" do
      query = from(p in Post, where: p.id in fragment("(?)", splice(^[1, 2, 3])), select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "frag select" do
      query = from(p in Post, select: fragment("SELECT 5"))

      assert all(query) ==
               ~s|:todo|
    end

    test "ilike" do
      query = from(p in Post, where: ilike(p.title, "A%") or like(p.title, ^"b%"), select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "like esc" do
      query = from(p in Post, where: like(p.title, fragment("? ESCAPE '!'", "A%")), select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "string esc" do
      query = from(p in Post, limit: 1, select: fragment("?", "it's \\ \"q\""))

      assert all(query) ==
               ~s|:todo|
    end

    test "bin lit" do
      query = from(p in Post, limit: 1, select: <<0, 255>>)

      assert all(query) ==
               ~s|:todo|
    end

    test "bool lit" do
      query = from(p in Post, where: p.flag == true, select: {p.id, true})

      assert all(query) ==
               ~s|:todo|
    end

    test "array lit" do
      query = from(p in Post, where: p.tags == ["x", "y"], select: p.id)

      assert all(query) ==
               ~s|:todo|
    end

    test "unary" do
      query = from(p in Post, where: not p.flag and is_nil(p.posted), select: p.id)

      assert all(query) ==
               ~s|:todo|
    end
  end
end

if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  Code.require_file("sql_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.InsertTest do
    use Ecto.Adapters.LibSql.SqlCase, async: true

    @raise {:raise, [], []}

    test "one row or several are inserted, and columns returned" do
      assert insert("posts", [:title, :visits], [[:title, :visits]], @raise, [:id]) ==
               ~S|INSERT INTO "posts" ("title", "visits") VALUES (?1, ?2) RETURNING "id"|

      assert insert("posts", [:title], [[:title], [:title]]) ==
               ~S|INSERT INTO "posts" ("title") VALUES (?),(?)|
    end

    test "names are quoted, and a prefix is an attached database" do
      assert IO.iodata_to_binary(Connection.insert("aux", "a\"b", [:c], [[:c]], @raise, [], [])) ==
               ~S|INSERT INTO "aux"."a""b" ("c") VALUES (?1)|
    end

    test "rows without columns take the defaults" do
      assert insert("posts", [], [[]]) == ~S|INSERT INTO "posts" DEFAULT VALUES|

      assert insert("posts", [], [[], []]) ==
               ~S|INSERT INTO "posts" (_rowid_) VALUES (NULL),(NULL)|

      assert insert("posts", [], [[]], {:nothing, [], []}) ==
               ~S|INSERT INTO "posts" (_rowid_) VALUES (NULL) ON CONFLICT DO NOTHING|
    end

    test "a column that no row has is left out, and one that some rows lack is refused" do
      assert insert("posts", [:a, :b], [[:a, nil], [:a, nil]]) ==
               ~S|INSERT INTO "posts" ("a") VALUES (?),(?)|

      assert_raise ArgumentError, ~r/some rows of this insert_all lack :b/, fn ->
        insert("posts", [:a, :b], [[:a, nil], [:a, :b]])
      end
    end

    test "placeholders make all parameters numbered" do
      rows = [[:a, {:placeholder, "1"}], [:a, {:placeholder, "1"}]]

      assert insert("posts", [:a, :b], rows, @raise, [], [7]) ==
               ~S|INSERT INTO "posts" ("a", "b") VALUES (?2, ?1),(?3, ?1)|
    end

    test "a cell may be a query" do
      {query, params} = plan(from(p in Post, where: p.title == ^"x", select: p.visits), :all, 1)

      assert insert("posts", [:a, :b, :c], [[:a, {query, length(params)}, :c]]) ==
               ~S|INSERT INTO "posts" ("a", "b", "c") VALUES (?1, | <>
                 ~S|(SELECT p0."visits" FROM "posts" AS p0 WHERE (p0."title" = ?2)), ?3)|
    end

    test "rows may come from a query" do
      {query, _} = plan(from(p in Post, select: %{title: p.title}), :all)

      assert insert("posts", [:title], query) ==
               ~S|INSERT INTO "posts" ("title") SELECT p0."title" FROM "posts" AS p0|
    end

    test "ON CONFLICT behind a query has a WHERE before it" do
      {query, _} = plan(from(p in Post, select: %{title: p.title}), :all)

      assert insert("posts", [:title], query, {:nothing, [], []}) ==
               ~S|INSERT INTO "posts" ("title") SELECT p0."title" FROM "posts" AS p0 WHERE (1)| <>
                 " ON CONFLICT DO NOTHING"

      union = from(p in Post, select: %{title: p.title})
      {query, _} = plan(from(p in Post, select: %{title: p.title}, union: ^union), :all)

      assert insert("posts", [:title], query, {:nothing, [], []}) ==
               ~S|INSERT INTO "posts" ("title") SELECT * FROM (SELECT p0."title" FROM "posts" AS p0| <>
                 ~S| UNION SELECT p0."title" FROM "posts" AS p0) WHERE 1 ON CONFLICT DO NOTHING|
    end

    test "a conflict target is a list of columns or an unsafe fragment" do
      upsert = fn action, target -> insert("posts", [:a], [[:a]], {action, [], target}) end
      start = ~S|INSERT INTO "posts" ("a") VALUES (?1) ON CONFLICT |

      assert upsert.(:nothing, []) == start <> "DO NOTHING"
      assert upsert.(:nothing, [:a, :b]) == start <> ~S|("a", "b") DO NOTHING|
      assert upsert.([:a], []) == start <> ~S|DO UPDATE SET "a" = excluded."a"|
      assert upsert.([:a], [:b]) == start <> ~S|("b") DO UPDATE SET "a" = excluded."a"|

      assert upsert.([:a], {:unsafe_fragment, "(lower(a))"}) ==
               start <> ~S|(lower(a)) DO UPDATE SET "a" = excluded."a"|

      # In a list, as Ecto gives it; also of other libraries' names.
      for action <- [:nothing, [:a]],
          target <- [{:constraint, :x}, [{:constraint, :x}], [constraint: "x"]] do
        assert_raise ArgumentError, ~r/constraint as conflict target.*name the columns/, fn ->
          upsert.(action, target)
        end
      end

      for target <- [[5], [a: :b], [{:unsafe_fragment, "x"}]] do
        assert_raise ArgumentError, ~r/must be a list of columns/, fn ->
          upsert.(:nothing, target)
        end
      end
    end

    test "on_conflict: :replace_all replaces all columns" do
      start = ~S|INSERT INTO "posts" ("a", "b") VALUES (?1, ?2)|
      assert insert("posts", [:a, :b], [[:a, :b]], :raise) == start

      assert insert("posts", [:a, :b], [[:a, :b]], {:replace_all, [], [:a]}) ==
               start <> ~S| ON CONFLICT ("a") DO UPDATE SET "a" = excluded."a", "b" = excluded."b"|
    end

    test "an on_conflict query may have conditions and parameters" do
      query = from(p in Post, update: [set: [title: ^"x"], inc: [visits: 1]], where: p.id > ^3)
      {query, params} = plan(query, :update_all, 1)
      assert params == ["x", 3]

      assert insert("posts", [:a], [[:a]], {query, params, [:a]}) ==
               ~S|INSERT INTO "posts" AS p0 ("a") VALUES (?1) ON CONFLICT ("a") DO UPDATE SET | <>
                 ~S|"visits" = "visits" + 1, "title" = ?2 WHERE (p0."id" > ?3)|
    end

    test "one row is updated or deleted by its filters" do
      assert IO.iodata_to_binary(Connection.update(nil, "posts", [:a, :b], [id: 1, c: nil], [:id])) ==
               ~S|UPDATE "posts" SET "a" = ?, "b" = ? WHERE "id" = ? AND "c" IS NULL RETURNING "id"|

      assert IO.iodata_to_binary(Connection.delete("main", "posts", [id: 1], [])) ==
               ~S|DELETE FROM "main"."posts" WHERE "id" = ?|
    end
  end
end

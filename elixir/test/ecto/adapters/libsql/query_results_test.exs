if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.QueryResultsTest do
    use Ecto.Adapters.LibSql.RepoCase, async: true

    # What queries give, not how they are written: above all those that ecto_libsql 0.9 got wrong.

    defschema(User, "users",
      name: :string,
      age: :integer,
      team: :string,
      meta: :map,
      at: :naive_datetime,
      price: :decimal
    ) do
      has_many(:posts, Ecto.Adapters.LibSql.QueryResultsTest.Post)
    end

    defschema(File, "files", data: :binary, parts: {:array, :binary})

    defschema(Times, "times",
      utc: :utc_datetime,
      utc_usec: :utc_datetime_usec,
      naive: :naive_datetime,
      clock: :time,
      clock_usec: :time_usec
    )

    defschema(Post, "posts", title: :string) do
      belongs_to(:user, User)
    end

    setup do
      execute([
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER, team TEXT, meta TEXT, at TEXT, price DECIMAL_TEXT)",
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, user_id INTEGER)",
        """
        INSERT INTO users VALUES
          (1, 'Ada', 36, 'x', '{"a": {"b": [10, true]}}', '2024-01-31T12:00:00', '10.10'),
          (2, 'Bob', 20, 'x', NULL, NULL, '9.5'),
          (3, 'Cy', NULL, 'y', '{"a": 1}', '2024-02-28T23:59:59', NULL),
          (4, 'Di', 20, 'y', NULL, NULL, '100')
        """,
        "INSERT INTO posts VALUES (1, 'p1', 1), (2, 'p2', 1), (3, 'p3', 2)"
      ])
    end

    # The user of the post with this title.
    defp of_post(title),
      do: from(u in User, join: p in Post, on: p.user_id == u.id, where: p.title == ^title)

    defp ages, do: Repo.all(from(u in User, order_by: u.id, select: u.age))

    test "arithmetic works in queries, aggregates and updates" do
      assert Repo.all(
               from(u in User,
                 where: u.id == 1,
                 select: {u.age + 1, u.age - ^6, u.age * 2, u.age / 4}
               )
             ) == [{37, 30, 72, 9}]

      assert Repo.one(from(u in User, select: sum(u.age * 2))) == 152
      assert Repo.update_all(from(u in User, where: u.age + 1 > 30), set: [age: 1]) == {1, nil}
      assert Repo.update_all(from(u in User, update: [set: [age: u.age + 1]]), []) == {4, nil}
      assert ages() == [2, 21, nil, 21]
      assert Repo.update_all(User, inc: [age: -1]) == {4, nil}
      assert ages() == [1, 20, nil, 20]
    end

    test "coalesce, filter and distinct counts give what SQL says" do
      assert Repo.all(from(u in User, order_by: u.id, select: coalesce(u.age, ^0))) == [
               36,
               20,
               0,
               20
             ]

      assert Repo.one(
               from(u in User,
                 select: {count(u.age, :distinct), filter(count(u.id), u.age < 30), count()}
               )
             ) == {2, 2, 4}
    end

    test "windows number, sum and look back" do
      query =
        from(u in User,
          windows: [w: [partition_by: u.team, order_by: u.id]],
          order_by: u.id,
          select:
            {over(row_number(), :w), over(sum(u.age), :w), over(lag(u.name), :w),
             over(count(), partition_by: u.age)}
        )

      assert Repo.all(query) == [
               {1, 36, nil, 1},
               {2, 56, "Ada", 2},
               {1, nil, nil, 1},
               {2, 20, "Cy", 2}
             ]
    end

    test "ilike, tuples, exists, any and all select the rows that match" do
      parent = from(p in Post, where: p.user_id == parent_as(:u).id, select: 1)
      names = fn query -> Repo.all(from(u in query, order_by: u.id, select: u.name)) end
      assert names.(from(u in User, where: ilike(u.name, "aD%"))) == ["Ada"]
      assert names.(from(u in User, as: :u, where: exists(parent))) == ["Ada", "Bob"]
      assert names.(from(u in User, as: :u, where: not exists(parent))) == ["Cy", "Di"]
      old = from(u in User, where: u.team == "x", select: u.age)
      assert names.(from(u in User, where: u.age == any(old))) == ["Ada", "Bob", "Di"]
      assert names.(from(u in User, where: u.age >= all(old))) == ["Ada"]
      assert names.(from(u in User, where: u.age < any(old))) == ["Bob", "Di"]
    end

    test "paths into JSON keep its types" do
      assert Repo.all(from(u in User, order_by: u.id, select: u.meta["a"])) == [
               %{"b" => [10, true]},
               nil,
               1,
               nil
             ]

      assert Repo.all(
               from(u in User, where: u.meta["a"]["b"][0] == 10, select: u.meta["a"]["b"][1])
             ) == [true]

      assert Repo.all(from(u in User, where: u.meta["a"]["b"][^1] == true, select: u.id)) == [1]
    end

    test "intervals move dates and times" do
      query =
        from(u in User,
          where: u.id == 1,
          select:
            {datetime_add(u.at, 1, "month"), datetime_add(u.at, ^(-1), "day"),
             date_add(^~D[2024-02-28], 2, "day")}
        )

      assert Repo.one(query) == {~N[2024-02-29 12:00:00], ~N[2024-01-30 12:00:00], ~D[2024-03-01]}
      assert Repo.aggregate(from(u in User, where: u.at < ago(1, "day")), :count) == 2
      assert Repo.aggregate(from(u in User, where: u.at > from_now(1, "year")), :count) == 0
    end

    test "distinct and distinct by a field keep one row each" do
      assert Repo.all(from(u in User, distinct: true, order_by: u.team, select: u.team)) == [
               "x",
               "y"
             ]

      assert Repo.all(from(u in User, distinct: u.team, order_by: [desc: u.id], select: u.name)) ==
               ["Bob", "Di"]

      assert Repo.aggregate(from(u in User, distinct: true, select: u.team), :count) == 2
    end

    test "delete_all with a join deletes what the join gives" do
      assert Repo.delete_all(of_post("p3")) == {1, nil}
      assert Repo.all(from(u in User, order_by: u.id, select: u.id)) == [1, 3, 4]
    end

    test "update_all with inner and left joins updates the rows that are joined" do
      query = update(of_post("p3"), [_, p], set: [name: p.title])
      assert Repo.update_all(query, []) == {1, nil}
      none = from(u in User, left_join: p in Post, on: p.user_id == u.id, where: is_nil(p.id))
      assert {2, _} = Repo.update_all(none, set: [team: "none"])

      assert Repo.all(from(u in User, order_by: u.id, select: {u.name, u.team})) == [
               {"Ada", "x"},
               {"p3", "x"},
               {"Cy", "none"},
               {"Di", "none"}
             ]
    end

    test "update_all and delete_all return the row that they write to by a join with itself" do
      young = from(u in User, where: u.age < 30, order_by: [desc: u.id], limit: 1)
      query = from(u in User, join: x in subquery(young), on: u.id == x.id)
      selected = select(query, [_, x], map(x, [:id, :name, :team]))

      assert Repo.update_all(selected, set: [team: "new"]) ==
               {1, [%{id: 4, name: "Di", team: "new"}]}

      assert {1, [%User{id: 4, team: "new"}]} = query |> select([_, x], x) |> Repo.delete_all()
    end

    defmodule Seat do
      use Ecto.Schema
      @primary_key false

      schema "seats" do
        field(:row, :integer, primary_key: true)
        field(:number, :integer, primary_key: true, source: :nr)
        field(:taken, :boolean, default: false)
      end
    end

    test "update_all and delete_all with joins work on a table without rowids" do
      execute([
        "CREATE TABLE seats (row INTEGER, nr INTEGER, taken, PRIMARY KEY (row, nr)) WITHOUT ROWID",
        "INSERT INTO seats VALUES (1, 1, 0), (1, 2, 0), (2, 1, 0), (2, 2, 0)"
      ])

      seats = from(s in Seat, left_join: u in User, on: u.id == s.row and s.number == 2)
      free = from([s, u] in seats, where: not is_nil(u.id), select: {s.row, s.number, s.taken})
      assert {2, rows} = Repo.update_all(free, set: [taken: true])
      assert Enum.sort(rows) == [{1, 2, true}, {2, 2, true}]
      assert rows("SELECT row, nr FROM seats WHERE taken") == [[1, 2], [2, 2]]

      assert {1, nil} =
               Repo.delete_all(
                 from(s in Seat, join: u in User, on: u.id == s.row, where: s.taken and u.id == 2)
               )

      assert rows("SELECT row, nr FROM seats ORDER BY 1, 2") == [[1, 1], [1, 2], [2, 1]]
    end

    test "joins of a table whose key can be NULL, or is not the schema's" do
      execute([
        "CREATE TABLE seats (row INTEGER, nr INTEGER, taken, PRIMARY KEY (row, nr))",
        "INSERT INTO seats VALUES (NULL, 1, 1), (1, NULL, 2), (NULL, NULL, 3), (NULL, NULL, 1), (1, 1, 4), (1, 1.5, 5)"
      ])

      taken = fn -> rows("SELECT taken FROM seats ORDER BY 1") |> List.flatten() end
      seats = from(s in Seat, left_join: u in User, on: u.id == fragment("?", s.taken))
      first = from([s, u] in seats, where: u.id == 1)
      assert Repo.update_all(first, set: [number: 7]) == {2, nil}
      assert rows("SELECT nr FROM seats WHERE taken = 1") == [[7], [7]]
      assert taken.() == [1, 1, 2, 3, 4, 5]
      assert Repo.delete_all(first) == {2, nil}
      assert taken.() == [2, 3, 4, 5]
      assert Repo.delete_all(from([s, u] in seats, where: u.id in ^[2, 3])) == {2, nil}
      assert taken.() == [4, 5]
    end

    test "joins of a view whose key can be NULL" do
      execute([
        "CREATE TABLE seated (row, nr, taken)",
        "INSERT INTO seated VALUES (NULL, 1, 1), (1, NULL, 2), (NULL, 2, 3), ('1', NULL, 4), (1.0, 1, 5), (1, 2, 2)",
        "CREATE VIEW seats AS SELECT * FROM seated",
        "CREATE TRIGGER left INSTEAD OF DELETE ON seats BEGIN " <>
          "DELETE FROM seated WHERE row IS old.row AND nr IS old.nr; END"
      ])

      seats = from(s in Seat, join: u in User, on: u.id == fragment("?", s.taken))
      Repo.delete_all(from([s, u] in seats, where: u.id < 3))
      assert rows("SELECT row, nr, taken FROM seated") == [[nil, 2, 3], ["1", nil, 4], [1.0, 1, 5]]
    end

    defmodule Named do
      use Ecto.Schema
      schema("named", do: field(:name, :string))
    end

    test "update_all and delete_all with joins work on tables without rowids and views without a schema" do
      execute([
        "CREATE TABLE seats (row INTEGER, \"n'r\" TEXT, taken, PRIMARY KEY (row, \"n'r\")) WITHOUT ROWID",
        "INSERT INTO seats VALUES (1, 'a', 0), (1, 'b', 0), (2, 'a', 0), (9, 'a', 0)",
        "CREATE TABLE named (id TEXT PRIMARY KEY, name) WITHOUT ROWID",
        "INSERT INTO named VALUES ('1', 'a'), ('9', 'a')",
        "CREATE VIEW free AS SELECT * FROM seats",
        "CREATE VIEW seen AS SELECT id, name FROM named",
        "CREATE TRIGGER gone INSTEAD OF DELETE ON seen BEGIN DELETE FROM named WHERE id = old.id; END"
      ])

      # Twice, since Ecto caches the statement; a list makes it a query that it does not cache.
      for note <- ["/* by rowid: s0 */ _rowid_ IN (SELECT s0._rowid_", "once more"] do
        users = from(s in "seats", left_join: u in User, on: u.id == s.row)
        kept = from([s, u] in users, where: not is_nil(u.id) and s.taken != ^note)
        looks = "/* by rowid: s0 */ _rowid_ IN (SELECT s0._rowid_"
        same = from([s, u] in users, where: s.taken == ^looks and s.taken == ^note)
        same = where(same, [s], s.taken == "/* by rowid: s0 */ _rowid_ IN (SELECT s0._rowid_")
        assert Repo.update_all(kept, set: [taken: note]) == {3, nil}
        matching = if note == looks, do: 3, else: 0
        assert Repo.update_all(same, set: [taken: note]) == {matching, nil}
        gone = from([s, u] in users, where: is_nil(u.id) and s.taken in ^[0, note])
        assert {_, nil} = Repo.delete_all(gone)
        assert Enum.uniq(rows("SELECT row, taken FROM seats ORDER BY 1")) == [[1, note], [2, note]]
      end

      for free <- [from(s in "free", left_join: u in User, on: u.id == s.row)],
          write <- [&Repo.update_all(&1, set: [taken: 1]), &Repo.delete_all/1] do
        assert_raise ArgumentError, ~r/free is a view.*subquery/, fn -> write.(free) end
      end

      named = from(n in Named, left_join: u in User, on: type(u.id, :string) == n.name)
      assert Repo.update_all(named, set: [name: "b"]) == {2, nil}
      seen = from(n in {"seen", Named}, join: u in User, on: type(u.id, :string) == n.id)
      Repo.delete_all(seen)
      assert rows("SELECT * FROM named") == [["9", "b"]]
    end

    test "CTEs work in queries, updates and deletes" do
      young = from(u in User, where: u.age < 30, select: %{who: u.id, twice: u.age * 2})
      query = "young" |> with_cte("young", as: ^young, materialized: true)

      assert Repo.all(from(y in query, order_by: y.who, select: {y.who, y.twice})) == [
               {2, 40},
               {4, 40}
             ]

      updated =
        from(u in with_cte(User, "young", as: ^young), join: y in "young", on: y.who == u.id)

      assert Repo.update_all(updated, set: [age: 7]) == {2, nil}
      assert ages() == [36, 7, nil, 7]

      tree =
        "n"
        |> recursive_ctes(true)
        |> with_cte("n", as: fragment("SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 4"))

      assert Repo.one(from(n in tree, select: sum(n.i))) == 10
    end

    test "subqueries, values and fragments may be sources" do
      limited = from(u in User, order_by: u.id, limit: 2)
      assert Repo.aggregate(limited, :sum, :age) == 56
      renamed = from(u in User, select: %{what: u.age, who: u.name})
      assert Repo.all(from(s in subquery(renamed), where: s.what == 36, select: s.who)) == ["Ada"]

      values = [%{id: 1, x: "one"}, %{id: 3, x: "three"}]

      join =
        from(u in User,
          join: v in values(values, %{id: :integer, x: :string}),
          on: v.id == u.id,
          order_by: u.id,
          select: {u.name, v.x}
        )

      assert Repo.all(join) == [{"Ada", "one"}, {"Cy", "three"}]

      each =
        from(u in User,
          join: e in fragment("SELECT value FROM json_each(?)", ^"[1,4]"),
          on: e.value == u.id,
          order_by: u.id,
          select: u.name
        )

      assert Repo.all(each) == ["Ada", "Di"]
    end

    test "NULLs, offsets and limits of combinations are where the query says" do
      assert Repo.all(from(u in User, order_by: [asc_nulls_last: u.age, asc: u.id], select: u.id)) ==
               [2, 4, 1, 3]

      assert Repo.all(from(u in User, order_by: [desc_nulls_first: u.age, asc: u.id], select: u.id)) ==
               [3, 1, 2, 4]

      assert Repo.all(from(u in User, order_by: u.id, offset: 3, select: u.id)) == [4]
      last = from(u in User, order_by: [desc: u.id], limit: 1, select: u.id)
      first = from(u in User, where: u.id == 1, select: u.id, union_all: ^last)
      assert Enum.sort(Repo.all(first)) == [1, 4]

      assert Repo.all(
               from(u in User,
                 select: u.age,
                 except: ^from(u in User, where: u.id == 1, select: u.age)
               )
             )
             |> Enum.sort() == [20, nil]
    end

    test "JSON and decimals keep their types in combinations whose arms agree" do
      path = from(u in User, where: u.id == 1, select: u.meta["a"]["b"][1])
      number = from(u in User, where: u.id == 3, select: u.meta["a"])
      assert Repo.all(union_all(path, ^number)) == [true, 1]

      object = from(u in User, where: u.id == 1, select: u.meta["a"])

      assert Repo.all(object |> union_all(^limit(path, 1))) == [
               %{"b" => [10, true]},
               true
             ]

      stored = from(u in User, where: u.id == 2, select: u.price)
      computed = from(u in User, where: u.id == 4, select: u.price + ^1)

      for query <- [union_all(computed, ^stored), union_all(stored, ^computed)],
          do:
            assert(Enum.sort(Repo.all(query), Decimal) == [Decimal.new("9.5"), Decimal.new("101")])

      nested = from(u in User, where: u.id == 2, select: coalesce(u.price, ^0), union: ^stored)

      assert [ten, other] =
               Repo.all(from(u in User, where: u.id == 1, select: u.price * 2, union_all: ^nested))

      assert {Decimal.to_float(ten), other} == {20.2, Decimal.new("9.5")}

      # What does not agree is as SQLite gives it.
      assert Repo.all(union_all(path, ^from(u in User, where: u.id == 1, select: u.id))) == [1, 1]

      two = from(u in User, select: {u.id, u.price})
      assert_raise EctoLibSql.Error, ~r/result columns/, fn -> Repo.all(union_all(path, ^two)) end
      assert_raise EctoLibSql.Error, ~r/result columns/, fn -> Repo.all(union_all(two, ^path)) end
    end

    test "what is selected keeps its type under a name of its own" do
      query =
        from(u in User,
          where: u.id < 3,
          order_by: [desc: selected_as(:double), asc: selected_as(:a)],
          select: %{
            double: selected_as(u.price * 2, :double),
            a: selected_as(u.meta["a"]["b"][1], :a),
            young: selected_as(u.age in [20, 21], :young)
          }
        )

      assert [%{a: true, young: 0} = first, %{a: nil, young: 1} = second] = Repo.all(query)
      assert Enum.map([first, second], &Decimal.to_float(&1.double)) == [20.2, 19.0]
    end

    test "a selected in is 1 or 0, as in other adapters for SQLite; not in and exists are booleans" do
      posts = from(p in Post, where: p.user_id == parent_as(:user).id)

      query =
        from(u in User,
          as: :user,
          order_by: u.id,
          where: u.id in [1, 3],
          select: {u.id in [1, 2], u.id not in [1], exists(posts), u.age in [36]}
        )

      assert Repo.all(query) == [{1, false, true, 1}, {0, true, false, nil}]

      assert Repo.all(
               union_all(
                 from(u in User, where: u.id == 1, select: u.id in [1]),
                 ^from(u in User, where: u.id == 2, select: u.age in [1])
               )
             ) == [1, 0]
    end

    test "a selected in is 1 or 0 wherever it is selected, and a boolean if it is compared or has a type" do
      ids = [1, 77]
      users = from(u in User, where: u.id < 3, order_by: u.id)
      selected = fn query -> Repo.all(query) end

      assert selected.(select(users, [u], u.id in ^ids)) == [1, 0]
      assert selected.(select(users, [u], u.id in ^[])) == [0, 0]

      assert selected.(select(users, [u], u.id in subquery(from(v in User, select: min(v.id))))) ==
               [1, 0]

      assert selected.(select(users, [u], u.id in ^Enum.to_list(1..1_500))) == [1, 1]
      assert selected.(select(users, [u], %{in: u.id in ^ids})) == [%{in: 1}, %{in: 0}]
      assert selected.(select(users, [u], [u.id in ^ids])) == [[1], [0]]
      assert selected.(select(users, [u], u.id in ^ids == true)) == [true, false]

      assert selected.(select(users, [u], type(fragment("?", u.id in ^ids), :boolean))) == [
               true,
               false
             ]

      merged = users |> select([u], %{id: u.id}) |> select_merge([u], %{in: u.id in ^ids})
      assert selected.(merged) == [%{id: 1, in: 1}, %{id: 2, in: 0}]
      assert selected.(from(m in subquery(merged), order_by: m.id, select: m.in)) == [1, 0]

      assert selected.(from(m in subquery(merged), order_by: m.id, select: type(m.in, :boolean))) ==
               [true, false]

      found = select(users, [u], selected_as(u.id in ^ids, :found))
      assert selected.(found |> exclude(:order_by) |> order_by(desc: selected_as(:found))) == [1, 0]
      assert selected.(from(u in User, select: max(u.id in ^ids))) == [1]
      assert selected.(from(u in User, select: sum(u.id in ^ids))) == [1]
      assert selected.(select(users, [u], coalesce(u.id in ^ids, false))) == [1, 0]
      assert {1, [1]} = Repo.delete_all(from(u in User, where: u.id == 1, select: u.id in ^ids))
    end

    test "literals of binaries and arrays of them are binaries" do
      execute([
        "CREATE TABLE files (id INTEGER PRIMARY KEY, data BLOB, parts TEXT)",
        "INSERT INTO files VALUES (1, x'616263', '[\"a\",\"b\"]'), (2, x'00ff', NULL)"
      ])

      ids = fn query -> query |> select([f], f.id) |> Repo.all() end
      assert ids.(from(f in File, where: f.data == "abc")) == [1]
      assert ids.(from(f in File, where: f.data in ["abc", "x"])) == [1]
      assert ids.(from(f in File, where: f.data not in ["abc", "x"])) == [2]
      assert ids.(from(f in File, where: f.data == <<0, 255>>)) == [2]
      assert ids.(from(f in File, where: ^"a" in f.parts)) == [1]
      assert Repo.update_all(from(f in File, where: f.id == 1), set: [data: "new"]) == {1, nil}
      assert Repo.update_all(from(f in File, update: [set: [data: "abc"]]), []) == {2, nil}
      Repo.update_all(from(f in File, where: f.id == 1), push: [parts: "c"])
      Repo.update_all(from(f in File, where: f.id == 1), pull: [parts: "a"])
      assert %{data: "abc", parts: ["b", "c"]} = Repo.get!(File, 1)
    end

    test "a time is loaded as its day when it is selected as a date" do
      day = from(u in User, where: u.id == 1, select: type(u.at, :date))
      assert Repo.all(day) == [~D[2024-01-31]]

      assert Repo.all(from(u in User, where: type(u.at, :date) == ^~D[2024-01-31], select: u.id)) ==
               [1]
    end

    test "times of other types are compared by their moments" do
      execute([
        "CREATE TABLE times (id INTEGER PRIMARY KEY, utc TEXT, utc_usec TEXT, naive TEXT, clock TEXT, clock_usec TEXT)",
        """
        INSERT INTO times VALUES
          (1, '2024-01-31T12:00:00Z', '2024-01-31T12:00:00.500000Z', '2024-01-31T12:00:00', '10:00:00', '10:00:00.000001'),
          (2, '2024-01-31T12:00:00Z', '2024-01-31T12:00:00.000000Z', '2024-01-31T12:00:01', '10:00:00', '10:00:00.000000'),
          (3, NULL, '2024-01-31T12:00:00.000000Z', NULL, '10:00:00', NULL)
        """
      ])

      ids = fn query -> query |> select([t], t.id) |> order_by([t], t.id) |> Repo.all() end
      assert ids.(from(t in Times, where: t.utc < t.utc_usec)) == [1]
      assert ids.(from(t in Times, where: t.utc == t.utc_usec)) == [2]
      assert ids.(from(t in Times, where: t.utc >= t.utc_usec)) == [2]
      assert ids.(from(t in Times, where: t.naive == t.utc)) == [1]
      assert ids.(from(t in Times, where: t.naive > t.utc_usec)) == [2]
      assert ids.(from(t in Times, where: t.clock == t.clock_usec)) == [2]
      assert ids.(from(t in Times, where: t.clock_usec > t.clock)) == [1]
      later = ~U[2024-01-31 12:00:00.400000Z]
      assert ids.(from(t in Times, where: t.utc < type(^later, :utc_datetime_usec))) == [1, 2]
      assert ids.(from(t in Times, where: t.utc_usec > ^later)) == [1]
    end

    test "an interval moves every microsecond" do
      for {from, count, unit, to} <- [
            {~N[2024-02-28 23:59:59.999999], 1, "second", ~N[2024-02-29 00:00:00.999999]},
            {~N[2024-02-28 23:59:59.999500], -1, "day", ~N[2024-02-27 23:59:59.999500]},
            {~N[2024-01-31 23:59:59.999999], 1, "month", ~N[2024-02-29 23:59:59.999999]},
            {~N[2024-02-29 23:59:59.999999], -1, "year", ~N[2023-02-28 23:59:59.999999]},
            {~N[1969-12-31 23:59:59.999999], 2, "microsecond", ~N[1970-01-01 00:00:00.000001]},
            {~N[1969-12-31 23:59:59.999999], -1, "week", ~N[1969-12-24 23:59:59.999999]}
          ] do
        moved =
          from(u in User,
            where: u.id == 1,
            select: datetime_add(type(^from, :naive_datetime_usec), ^count, ^unit)
          )

        assert Repo.one(moved) == to
        time = dynamic([u], coalesce(type(^from, :naive_datetime_usec), u.at))
        day = from(u in User, where: u.id == 1, select: ^%{day: dynamic(type(^time, :date))})
        assert Repo.one(day) == %{day: NaiveDateTime.to_date(from)}
      end
    end

    test "what is computed has its type, in subqueries, CTEs and combinations too" do
      at = ~N[2024-02-28 23:59:59]
      later = ~N[2024-02-29 23:59:59]
      users = from(u in User, where: u.id == 3)
      scalar = from(u in User, where: u.id == 3, select: u.at)
      price = from(u in User, where: u.id == 2, select: u.price)
      ten = Decimal.new("9.5")

      assert Repo.one(from(u in users, select: max(datetime_add(u.at, 1, "day")))) == later
      assert Repo.one(from(u in users, select: coalesce(u.at, ^at))) == at
      assert Repo.one(from(u in users, select: subquery(scalar))) == at
      assert Repo.one(from(u in users, select: subquery(price))) == ten
      assert Repo.one(from(u in users, select: sum(coalesce(u.price, ^ten)))) == ten
      assert Repo.one(from(u in users, select: coalesce(u.meta, u.meta))) == %{"a" => 1}
      assert Repo.one(from(u in users, select: lag(u.age > 3) |> over())) == nil
      assert Repo.one(from(u in users, select: coalesce(u.id > 2, ^false))) == true

      inner = from(u in users, select: %{at: datetime_add(u.at, 1, "day"), old: u.id in [3]})
      assert Repo.one(from(s in subquery(inner), select: {s.at, s.old})) == {later, 1}
      assert Repo.one(from(s in subquery(inner), select: map(s, [:at]))) == %{at: later}

      prices = from(u in User, where: u.id == 2, select: %{price: u.price, name: u.name})
      taken = from(s in subquery(prices), select: map(s, [:price, :name]))
      assert Repo.one(taken) == %{price: ten, name: "Bob"}

      cte = from(u in User, select: %{id: u.id, at: u.at, price: u.price})

      assert from(c in "all", where: c.price > 9, order_by: c.price, select: {c.id, c.at, c.price})
             |> with_cte("all", as: ^cte)
             |> Repo.all() == [
               {2, nil, ten},
               {1, ~N[2024-01-31 12:00:00], Decimal.new("10.10")},
               {4, nil, Decimal.new(100)}
             ]

      arm = from(u in users, select: u.at)

      assert from(u in users, select: max(datetime_add(u.at, 1, "day")), union_all: ^arm)
             |> Repo.all() == [later, at]
    end

    test "a scalar subquery of decimals is compared and ordered as a number" do
      own = from(v in User, where: v.id == parent_as(:u).id, select: v.price)
      users = from(u in User, as: :u, where: not is_nil(u.price), select: u.id)
      assert Repo.all(from(u in users, order_by: subquery(own))) == [2, 1, 4]
      assert Repo.all(from(u in users, where: subquery(own) > 10, order_by: u.id)) == [1, 4]
    end

    test "dates are compared with times as midnights" do
      execute([
        "CREATE TABLE times (id INTEGER PRIMARY KEY, utc TEXT, utc_usec TEXT, naive TEXT, clock TEXT, clock_usec TEXT)",
        "INSERT INTO times(id, utc, utc_usec, naive) VALUES (1, '2024-01-02T00:00:00Z', '2024-01-02T00:00:00.000000Z', '2024-01-02T00:00:00')"
      ])

      day = dynamic([t], type(^~D[2024-01-02], :date))

      for field <- [:utc, :utc_usec, :naive] do
        assert Repo.exists?(from(t in Times, where: ^dynamic([t], field(t, ^field) == ^day)))
        assert Repo.exists?(from(t in Times, where: ^dynamic([t], field(t, ^field) <= ^day)))
        refute Repo.exists?(from(t in Times, where: ^dynamic([t], field(t, ^field) > ^day)))
      end

      one = from(t in Times, select: coalesce(t.utc, t.utc_usec))
      assert Repo.exists?(from(t in Times, where: t.utc_usec in subquery(one)))
      assert Repo.exists?(from(t in Times, where: t.naive == any(one)))
    end

    test "a list without a type is an array" do
      tags = from(u in User, where: u.id == 1, select: type(^["a"], {:array, :string}))
      assert Repo.exists?(from(u in User, where: subquery(tags) == ^["a"]))

      assert Repo.all(
               from(u in User,
                 where: fragment("? IN (SELECT value FROM json_each(?))", u.id, ^[1, 3]),
                 select: u.id
               )
             ) == [1, 3]
    end

    test "in with an array for a list is refused, not wrong" do
      for list <- [[], [1], [1, 2]] do
        array = from(u in User, where: u.id in type(^list, {:array, :integer}))

        for call <- [
              fn -> Repo.all(array) end,
              fn -> Repo.delete_all(array) end,
              fn -> Repo.transaction(fn -> array |> Repo.stream() |> Enum.to_list() end) end
            ] do
          assert_raise ArgumentError, ~r/write `x in \^list`/, call
        end

        assert Repo.all(from(u in User, where: u.id in ^list, select: u.id)) == list
      end
    end

    test "in with an array for a list is refused beside a list, for texts, and without a schema" do
      for list <- [[1], [1, 2], []], beside <- [[1, 2], []] do
        texts = Enum.map(list, &"#{&1}")

        for query <- [
              from(u in User, where: u.id in type(^list, {:array, :integer})),
              from(u in User, where: u.name in type(^texts, {:array, :string})),
              from(u in "users", where: u.id in type(^list, {:array, :integer}), select: u.id),
              from(u in "users", where: u.name in type(^texts, {:array, :string}), select: u.id)
            ],
            query <- [
              from(u in query, where: u.id in ^beside),
              from(u in query, or_where: u.id in ^beside),
              from(u in subquery(from(u in User, where: u.id in ^beside)),
                where: u.id in type(^list, {:array, :integer})
              )
            ],
            call <- [
              fn -> Repo.all(query) end,
              fn -> Repo.transaction(fn -> query |> Repo.stream() |> Enum.to_list() end) end
            ] do
          if list != [],
            do: assert_raise(ArgumentError, ~r/write `x in \^list`/, call)
        end
      end

      empty = from(u in "users", where: u.id in type(^[], {:array, :integer}), select: u.id)
      assert Repo.all(from(u in empty, or_where: u.id in ^[1, 2])) == [1, 2]

      for list <- [[1], [1, 2]] do
        texts = Enum.map(list, &"#{&1}")

        for query <- [
              from(u in User, where: u.id in type(^list, {:array, :integer})),
              from(u in User, where: u.name in type(^texts, {:array, :string})),
              from(u in "users", where: u.id in type(^list, {:array, :integer}))
            ],
            query <- [query, from(u in query, where: u.age > ^0)] do
          assert_raise ArgumentError, ~r/write `x in \^list`/, fn ->
            Repo.insert_all(User, from(u in query, select: %{name: type(^"new", :string)}))
          end

          assert_raise ArgumentError, ~r/write `x in \^list`/, fn ->
            name = from(u in query, select: %{name: u.name}, limit: 1)
            Repo.insert_all(User, [[age: 7, name: "a"], [age: 7, name: name]])
          end
        end
      end

      assert {1, nil} =
               Repo.insert_all(
                 User,
                 from(u in User, where: u.id in ^[1, 77], select: %{name: type(^"[1]", :string)})
               )

      # An empty list before an empty array, and elements that are arrays.
      either =
        from(u in User, where: u.id in ^[] or ^[] == type(^[], {:array, :integer}), select: 1)

      assert length(Repo.all(either)) == 5
      execute("CREATE TABLE tagged (id INTEGER PRIMARY KEY, tags TEXT)")
      Repo.insert_all("tagged", [[id: 1, tags: ["a"]], [id: 2, tags: ["b"]]])
      tagged = from(t in "tagged", where: t.id in ^[1, 2], select: t.id)
      assert Repo.all(from(t in tagged, where: t.tags in ^[["a"]])) == [1]
      assert Repo.all(from(t in tagged, where: t.tags in ^[["a"], ["c"]])) == [1]

      values =
        from(u in User, where: u.id in ^[1], select: %{tags: type(^["a"], {:array, :string})})

      assert Repo.all(from(v in subquery(values), where: v.tags in ^[["a"]], select: 1)) == [1]
    end

    test "the elements of a list may be texts of arrays with as many elements" do
      texts = [~S(["a","b"]), ~S([1,2])]
      assert {2, nil} = Repo.insert_all(User, for(text <- texts, do: [age: 7, name: text]))
      named = from(u in User, where: u.name in ^texts, select: %{name: u.name})

      for query <- [
            named,
            from(u in named, where: u.age == ^7),
            from(u in named, where: u.name in ^Enum.reverse(texts)),
            from(u in named, where: u.name in ^texts or u.age in ^[]),
            from(u in named, where: u.age in ^[] or u.name in ^texts),
            from(u in User, where: u.name in ^texts, select: %{name: type(^"new", :string)}),
            from(u in User,
              where: u.name in ^texts,
              select: %{name: u.name},
              union_all: ^named,
              limit: ^2
            )
          ] do
        {found, nil} = Repo.insert_all(User, query)
        assert found >= 2
      end

      for query <- [
            from(u in named, where: u.name in type(^["a", "b"], {:array, :string})),
            from(u in User,
              where: u.name in type(^["a", "b"], {:array, :string}),
              union_all: ^named,
              select: %{name: u.name}
            )
          ] do
        assert_raise ArgumentError, ~r/write `x in \^list`/, fn -> Repo.insert_all(User, query) end
      end
    end

    @tag repo: [pool_size: 1]
    test "a path in JSON uses the index on it" do
      execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, meta)")
      execute("CREATE INDEX docs_key ON docs (json_extract(meta, '$.key._1'))")
      query = from(d in "docs", where: d.meta["key"]["_1"] == "x", select: d.id)
      {sql, []} = Ecto.Adapters.SQL.to_sql(:all, Repo.get_dynamic_repo(), query)
      assert [] = rows(sql)
      assert inspect(rows("EXPLAIN QUERY PLAN " <> sql)) =~ "docs_key"
    end

    test "a key in JSON means the same with quotes and without" do
      for key <- ~w(a A _ _1 x9Z null true id lower Z_z),
          label <- [key, key |> String.to_charlist() |> Enum.map_join(&"\\u00#{hex(&1)}")],
          json <- [~s({"#{label}":1,"x":2}), ~s({"b":{"#{label}":3},"#{label}":[4]})] do
        sql = ~s|SELECT json_extract(?1, '$.#{key}'), json_extract(?1, '$."#{key}"')|
        assert [[value, value]] = rows(sql, [json])
        assert value in [1, "[4]"]
      end
    end

    defp hex(byte), do: byte |> Integer.to_string(16) |> String.pad_leading(2, "0")

    test "true and false in JSON are not numbers" do
      execute([
        "DELETE FROM users",
        ~S|INSERT INTO users(id, meta) VALUES (1, '{"a": 1}'), (2, '{"a": true}'), (3, '{"a": 0}'), (4, '{"a": false}')|
      ])

      ids = fn condition -> Repo.all(from(u in User, where: ^condition, select: u.id)) end
      assert ids.(dynamic([u], u.meta["a"] == 1)) == [1]
      assert ids.(dynamic([u], u.meta["a"] == true)) == [2]
      assert ids.(dynamic([u], u.meta["a"] == 0)) == [3]
      assert ids.(dynamic([u], 0 <= u.meta["a"])) == [1, 3]
      assert ids.(dynamic([u], u.meta["a"] != 1)) == [2, 3, 4]
      assert ids.(dynamic([u], u.meta["a"] == type(^1, :integer))) == [1]
    end

    test "arithmetic of times and an order of arrays are refused" do
      for query <- [
            from(u in User, select: u.at - u.at),
            from(u in User, where: u.at + 1 > 2),
            from(u in User, where: u.meta < u.meta),
            from(f in File, where: f.parts >= ^["a"]),
            from(f in File, select: max(f.parts))
          ] do
        assert_raise Ecto.QueryError, ~r/SQLite does not support/, fn -> Repo.all(query) end
      end
    end

    test "decimals are divided as numbers" do
      prices = fn query -> query |> Repo.all() |> Enum.map(&Decimal.to_float/1) end
      assert prices.(from(u in User, where: u.id == 4, select: u.price / 8)) == [12.5]
      ten = Decimal.new("8")
      assert prices.(from(u in User, where: u.id == 4, select: u.price / ^ten)) == [12.5]

      assert prices.(from(u in User, where: u.id in [2, 4], select: sum(u.price) / count())) == [
               54.75
             ]

      assert Repo.all(from(u in User, where: u.price / ^ten == ^Decimal.new("12.5"), select: u.id)) ==
               [4]

      Repo.update_all(from(u in User, where: u.id == 4, update: [set: [price: u.price / 8]]), [])
      assert Decimal.equal?(Repo.get!(User, 4).price, "12.5")
    end

    test "decimals are compared as numbers in lists, in subqueries and by name" do
      ids = fn query -> query |> select([u], u.id) |> order_by([u], u.id) |> Repo.all() end
      assert ids.(from(u in User, where: u.price in [10.1, 100])) == [1, 4]
      assert ids.(from(u in User, where: u.price not in [10.1, 100])) == [2]
      execute(["INSERT INTO users (id, price) VALUES (5, '10.1'), (6, '9')"])
      some = from(u in User, where: u.id in [5, 6], select: u.price)
      assert ids.(from(u in User, where: u.price in subquery(some))) == [1, 5, 6]
      assert ids.(from(u in User, where: u.price == any(some))) == [1, 5, 6]
      assert ids.(from(u in User, where: u.price != all(some))) == [2, 4]
      assert ids.(from(u in User, where: u.price > all(some))) == [4]
      assert ids.(from(u in User, where: u.price >= any(some))) == [1, 2, 4, 5, 6]

      named = from(u in User, where: u.id in [1, 2, 4], select: {u.id, selected_as(u.price, :p)})
      assert [{2, _}, {1, _}, {4, _}] = Repo.all(from(named, order_by: selected_as(:p)))

      assert [{2, _}] =
               Repo.all(from(named, group_by: [:id, :price], having: selected_as(:p) < ^10))

      values = [%{p: Decimal.new("9")}, %{p: Decimal.new("10")}]

      assert Repo.all(
               from(v in values(values, %{p: :decimal}),
                 order_by: v.p,
                 where: v.p > ^Decimal.new(5),
                 select: v.p
               )
             ) == [Decimal.new("9"), Decimal.new("10")]
    end

    test "an or_where of an update does not undo its join" do
      query = or_where(of_post("p1"), [_, p], p.title == "p3")
      assert Repo.update_all(query, set: [name: "hit"]) == {2, nil}
      alone = from(u in User, join: p in Post, on: p.user_id == u.id, or_where: p.title == "p1")
      assert Repo.update_all(alone, set: [name: "hit"]) == {1, nil}
    end

    test "selected_as groups and filters, and compares decimals as numbers" do
      query =
        from(u in User,
          group_by: selected_as(:t),
          order_by: selected_as(:t),
          having: sum(u.age) > ^20,
          select: {selected_as(u.team, :t), count()}
        )

      assert Repo.all(query) == [{"x", 2}]

      assert Repo.all(from(u in User, where: not is_nil(u.price), order_by: u.price, select: u.id)) ==
               [2, 1, 4]

      assert [price] = Repo.all(from(u in User, where: u.id == 1, select: u.price * 2))
      assert Decimal.equal?(price, "20.2")

      assert Repo.all(
               from(u in User,
                 group_by: u.team,
                 having: sum(u.price) > ^Decimal.new("9.7"),
                 order_by: u.team,
                 select: u.team
               )
             ) == ["x", "y"]

      assert Decimal.equal?(Repo.one(from(u in User, select: max(u.price))), 100)
    end

    test "insert_all takes queries, returns expressions and inserts rows without fields" do
      copy = from(u in User, where: u.id < 3, select: %{title: u.name, user_id: u.id + 100})
      assert Repo.insert_all(Post, copy) == {2, nil}
      assert Repo.insert_all(Post, copy, on_conflict: :nothing) == {2, nil}

      assert Repo.update_all(from(u in User, where: u.id == 1, select: {u.name, u.age + 1}),
               set: [age: 40]
             ) == {1, [{"Ada", 41}]}

      assert {1, ["Bob"]} = Repo.delete_all(from(u in User, where: u.id == 2, select: u.name))
      assert %Post{id: id, title: nil} = Repo.insert!(%Post{})
      assert is_integer(id)
    end

    @tag :local_file
    test "prefixes are attached databases", %{database: database} do
      Repo.checkout(fn ->
        execute([
          "ATTACH '#{database}_other' AS other",
          "CREATE TABLE other.posts (id INTEGER PRIMARY KEY, title TEXT, user_id)"
        ])

        Repo.insert!(%Post{title: "there"}, prefix: "other")
        assert Repo.all(from(p in Post, select: p.title), prefix: "other") == ["there"]
        assert Repo.update_all(Post, [set: [title: "new"]], prefix: "other") == {1, nil}
        assert Repo.delete_all(Post, prefix: "other") == {1, nil}
        assert Repo.aggregate(Post, :count) == 3
      end)
    end

    test "what SQLite lacks is refused by name" do
      for {query, what} <- [
            {from(u in User, lock: "FOR UPDATE"), "lock"},
            {from(u in User, select: u.id, except_all: ^from(u in User, select: u.id)),
             "except_all"},
            {from(u in User, select: u.id, intersect_all: ^from(u in User, select: u.id)),
             "intersect_all"},
            {from(u in User,
               inner_lateral_join: p in subquery(from(p in Post)),
               on: true,
               select: u.id
             ), "inner_lateral_join"},
            {from(u in User, hints: "TABLESAMPLE", select: u.id), "hint"},
            {from(u in User, order_by: u.age, limit: 1) |> with_ties(true), "with_ties"},
            {from(u in User, select: count(u)), "count/1"}
          ] do
        error = assert_raise Ecto.QueryError, fn -> Repo.all(query) end
        assert error.message =~ what
      end
    end
  end
end

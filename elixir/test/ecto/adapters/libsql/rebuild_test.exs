if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.RebuildTest do
    use Ecto.Adapters.LibSql.RepoCase, async: true

    alias Ecto.Migration.{Constraint, Reference, Table}

    @moduletag repo: [pool_size: 1]

    defp alter(table, changes) do
      ddl({:alter, %Table{name: table, prefix: nil}, List.wrap(changes)})
    end

    defp sql(name),
      do: rows("SELECT sql FROM sqlite_schema WHERE name = ?1", [name]) |> hd() |> hd()

    # All that a database is: its schema but the texts' spelling, and its rows.
    defp everything do
      for [name, sql] <-
            rows("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name"),
          do: {name, sql, rows(~s(SELECT * FROM "#{name}"))}
    end

    defp schema,
      do:
        rows(
          "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type != 'table' ORDER BY name"
        )

    for where <- [:inside, :outside] do
      describe "#{where} of a transaction" do
        test "modify converts the values and keeps what it does not name" do
          execute([
            "CREATE TABLE t (a TEXT NOT NULL DEFAULT 'x, y' COLLATE NOCASE UNIQUE CHECK (a != 'z'), b)",
            "INSERT INTO t VALUES ('1', 1), ('2', 2)"
          ])

          perform!(unquote(where), fn -> alter("t", {:modify, :a, :integer, []}) end)

          assert rows("SELECT a, typeof(a), b FROM t ORDER BY b") == [
                   [1, "integer", 1],
                   [2, "integer", 2]
                 ]

          assert sql("t") =~
                   ~s("a" INTEGER NOT NULL DEFAULT 'x, y' COLLATE NOCASE UNIQUE CHECK (a != 'z'\))
        end

        test "modify that a row does not fit changes nothing" do
          execute([
            "CREATE TABLE t (a TEXT, b)",
            "INSERT INTO t VALUES (NULL, 1)",
            "CREATE VIEW v AS SELECT a FROM t"
          ])

          before = {everything(), schema()}

          assert_raise EctoLibSql.Error, ~r/NOT NULL constraint failed: t\.a/, fn ->
            perform!(unquote(where), fn -> alter("t", {:modify, :a, :text, null: false}) end)
          end

          assert {everything(), schema()} == before
          assert rows("PRAGMA foreign_keys") == [[1]]
        end

        test "modify to a number is refused while a value is not one" do
          execute([
            "CREATE TABLE t (a TEXT, b INTEGER)",
            "INSERT INTO t VALUES ('1', 1), (NULL, 'stray'), ('it''s', 3)"
          ])

          before = {everything(), schema()}

          for {type, name} <- [integer: "INTEGER", float: "REAL"] do
            assert_raise EctoLibSql.Error,
                         ~r/column a of t cannot become #{name}: it holds 'it''s'/,
                         fn ->
                           perform!(unquote(where), fn -> alter("t", {:modify, :a, type, []}) end)
                         end
          end

          assert {everything(), schema()} == before
          execute(["UPDATE t SET a = '1.5' WHERE b = 3"])

          assert_raise EctoLibSql.Error, ~r/cannot become INTEGER: it holds 1.5/, fn ->
            perform!(unquote(where), fn -> alter("t", {:modify, :a, :integer, []}) end)
          end

          # What was in a column that keeps its type stays.
          perform!(unquote(where), fn -> alter("t", {:modify, :a, :float, []}) end)
          assert rows("SELECT a, b FROM t") == [[1.0, 1], [nil, "stray"], [1.5, 3]]
        end

        test "tables of migrations that refer to each other are modified" do
          for {name, columns} <- [
                {:parents, [{:add, :name, :string, []}]},
                {:children,
                 [
                   {:add, :parent_id,
                    %Reference{table: "parents", column: :id, type: :id, on_delete: :delete_all},
                    [null: false]}
                 ]}
              ] do
            table = %Table{name: name, prefix: nil}
            ddl({:create, table, [{:add, :id, :bigserial, [primary_key: true]} | columns]})
          end

          execute([
            "INSERT INTO parents (name) VALUES ('1')",
            "INSERT INTO children (parent_id) VALUES (1)"
          ])

          before = sql("children")

          perform!(unquote(where), fn ->
            alter(:parents, {:modify, :name, :integer, null: false})
          end)

          assert rows("SELECT typeof(name), parent_id FROM parents, children") == [["integer", 1]]
          assert sql("children") == before
        end

        test "null: and default: are changed when they are given" do
          execute([
            "CREATE TABLE t (a TEXT NOT NULL DEFAULT 'x', b TEXT)",
            "INSERT INTO t VALUES ('1', '2')"
          ])

          perform!(unquote(where), fn ->
            alter("t", [
              {:modify, :a, :text, null: true, default: nil},
              {:modify, :b, :text, null: false, default: "new"}
            ])
          end)

          execute("INSERT INTO t (a) VALUES (NULL)")
          assert rows("SELECT * FROM t") == [["1", "2"], [nil, "new"]]
        end

        test "the rows that refer to the table stay, whatever is to happen when it loses rows" do
          execute([
            "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT)",
            ~s|CREATE TABLE cascade (id INTEGER PRIMARY KEY, p_id INTEGER CONSTRAINT "fk" REFERENCES p (id) ON DELETE CASCADE)|,
            "CREATE TABLE nilify (p_id INTEGER DEFAULT 5 REFERENCES p (id) ON DELETE SET NULL NOT DEFERRABLE)",
            "CREATE TABLE restrict_ (p_id INTEGER NOT NULL REFERENCES p (id) ON DELETE RESTRICT)",
            "CREATE TABLE nothing_ (p_id REFERENCES p (id))",
            "INSERT INTO p VALUES (1, '10'), (2, '20')",
            "INSERT INTO cascade VALUES (1, 1), (2, 2)",
            "INSERT INTO nilify VALUES (1)",
            "INSERT INTO restrict_ VALUES (2)",
            "INSERT INTO nothing_ VALUES (2)"
          ])

          children = everything() |> Enum.reject(&(elem(&1, 0) == "p"))
          perform!(unquote(where), fn -> alter("p", {:modify, :name, :integer, []}) end)
          assert everything() |> Enum.reject(&(elem(&1, 0) == "p")) == children
          assert rows("SELECT name FROM p") == [[10], [20]]

          assert_raise EctoLibSql.Error, ~r/FOREIGN KEY/, fn ->
            execute("INSERT INTO nothing_ VALUES (3)")
          end

          execute("DELETE FROM nothing_")
          execute("DELETE FROM p WHERE id = 1")
          assert rows("SELECT * FROM cascade") == [[2, 2]]
          assert rows("SELECT * FROM nilify") == [[nil]]
        end

        test "a table that refers to itself is rebuilt" do
          execute([
            ~s|CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES "t" (id) ON DELETE CASCADE, n TEXT)|,
            "INSERT INTO t VALUES (1, NULL, '1'), (3, 1, '3'), (2, 3, '2')"
          ])

          perform!(unquote(where), fn -> alter("t", {:modify, :n, :integer, []}) end)
          assert rows("SELECT * FROM t ORDER BY id") == [[1, nil, 1], [2, 3, 2], [3, 1, 3]]
          assert [[_, _, "t", "up", "id", _, "CASCADE", _]] = rows("PRAGMA foreign_key_list(t)")
          execute("DELETE FROM t WHERE id = 1")
          assert rows("SELECT * FROM t") == []
        end

        test "indexes, triggers and views stay as they were written" do
          execute([
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)",
            "CREATE TABLE log (x)",
            "CREATE INDEX i1 ON t (a COLLATE NOCASE DESC, b)",
            "CREATE UNIQUE INDEX i2 ON t (lower(b)) WHERE a > 'a'",
            "CREATE VIEW w AS SELECT * FROM v",
            "CREATE VIEW v AS SELECT a, count(*) AS n FROM t GROUP BY a",
            "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); DELETE FROM log WHERE x = ';'; END",
            "CREATE TRIGGER ti INSTEAD OF INSERT ON v BEGIN INSERT INTO t (a) VALUES (new.a); END",
            "CREATE TRIGGER other AFTER INSERT ON log BEGIN UPDATE t SET b = new.x WHERE a = new.x; END",
            "INSERT INTO t (a) VALUES ('q')"
          ])

          before = schema()
          perform!(unquote(where), fn -> alter("t", {:modify, :b, :text, default: "d"}) end)
          assert schema() == before
          execute("INSERT INTO v (a) VALUES ('r')")
          assert rows("SELECT x FROM log") == [["q"], ["r"]]
          assert rows("SELECT a, b FROM t") == [["q", "q"], ["r", "r"]]
        end

        test "a removed column takes its indexes, key and constraints along" do
          execute([
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE t (a, b REFERENCES p (id), c UNIQUE, d, CONSTRAINT u UNIQUE (a, b), CHECK (d > 0))",
            "CREATE INDEX i1 ON t (a, d)",
            "CREATE INDEX i2 ON t (d)",
            "INSERT INTO t VALUES (1, NULL, 3, 4)"
          ])

          for column <- [:b, :c, :a],
              do: perform!(unquote(where), fn -> alter("t", {:remove, column}) end)

          assert rows("SELECT * FROM t") == [[4]]
          assert rows("SELECT name FROM sqlite_schema WHERE type = 'index'") == [["i2"]]
          assert_raise EctoLibSql.Error, ~r/CHECK/, fn -> execute("INSERT INTO t VALUES (0)") end
        end

        test "a column that a view needs is not removed" do
          execute([
            "CREATE TABLE t (a UNIQUE, b)",
            "INSERT INTO t VALUES (1, 2)",
            "CREATE VIEW v AS SELECT a FROM t"
          ])

          before = {everything(), schema()}

          assert_raise EctoLibSql.Error, ~r/error in view v/, fn ->
            perform!(unquote(where), fn -> alter("t", {:remove, :a}) end)
          end

          assert {everything(), schema()} == before
        end

        test "primary keys are added, replaced and removed" do
          execute(["CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x'), ('y')"])
          perform!(unquote(where), fn -> alter("t", {:add, :id, :serial, primary_key: true}) end)
          assert rows("SELECT id, a FROM t") == [[1, "x"], [2, "y"]]

          perform!(unquote(where), fn ->
            alter("t", [{:remove, :id}, {:modify, :a, :text, primary_key: true}])
          end)

          assert rows("SELECT name, pk FROM pragma_table_info('t')") == [["a", 1]]
          assert_raise EctoLibSql.Error, ~r/UNIQUE/, fn -> execute("INSERT INTO t VALUES ('x')") end
        end
      end
    end

    test "a transaction goes on after a change that failed" do
      execute(["CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES (NULL)"])

      perform!(:inside, fn ->
        execute("INSERT INTO t VALUES ('kept')")
        assert_raise EctoLibSql.Error, fn -> alter("t", {:modify, :a, :text, null: false}) end
        alter("t", {:modify, :a, :text, default: "d"})
      end)

      execute("INSERT INTO t DEFAULT VALUES")
      assert rows("SELECT a FROM t") == [[nil], ["kept"], ["d"]]
    end

    test "a transaction writes before it reads, so others' writes do not fail it", %{
      database: database
    } do
      execute(["CREATE TABLE t (a)", "CREATE TABLE other (a)", "INSERT INTO t VALUES ('1')"])
      here = Repo.get_dynamic_repo()
      there = start_repo(database)

      for command <- [
            {:modify, :a, :integer, []},
            {:add_if_not_exists, :b, :integer, unique: true},
            {:add_if_not_exists, :c, :integer, []},
            {:remove, :c}
          ] do
        Repo.put_dynamic_repo(here)
        writer = Task.async(fn -> writes(there) end)
        assert {:ok, :ok} = Repo.transaction(fn -> alter("t", command) end)
        Task.await(writer)
      end

      assert rows("SELECT a FROM t") == [[1]]
    end

    defp writes(repo) do
      Repo.put_dynamic_repo(repo)
      for n <- 1..50, do: Repo.query!("INSERT INTO other VALUES (?)", [n])
    end

    test "a parent whose references cannot be taken out is refused inside a transaction only" do
      execute([
        "CREATE TABLE p (a INTEGER, b INTEGER, c TEXT, PRIMARY KEY (a, b))",
        "CREATE TABLE child (a INTEGER, b INTEGER, FOREIGN KEY (a, b) REFERENCES p (a, b) ON DELETE CASCADE)",
        "INSERT INTO p VALUES (1, 2, '3')",
        "INSERT INTO child VALUES (1, 2)"
      ])

      assert_raise EctoLibSql.Error,
                   ~r/child \(a\) refers to it: set @disable_ddl_transaction/,
                   fn ->
                     perform!(:inside, fn -> alter("p", {:modify, :c, :integer, []}) end)
                   end

      alter("p", {:modify, :c, :integer, []})
      assert rows("SELECT * FROM child") == [[1, 2]]
      assert rows("SELECT c FROM p") == [[3]]
      execute("DELETE FROM p")
      assert rows("SELECT * FROM child") == []
    end

    test "a key that others refer to cannot take a form in which they lose it" do
      execute([
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE child (p_id INTEGER REFERENCES p (id))",
        "INSERT INTO p VALUES (1)",
        "INSERT INTO child VALUES (1)"
      ])

      before = everything()

      for where <- [:inside, :outside] do
        assert_raise EctoLibSql.Error, fn ->
          perform!(where, fn -> alter("p", [{:remove, :id}, {:add, :x, :integer, []}]) end)
        end

        assert everything() == before
      end
    end

    test "STRICT, WITHOUT ROWID and RANDOM ROWID stay, with types that fit them" do
      for {options, n} <-
            Enum.with_index(["STRICT", "WITHOUT ROWID", "STRICT, WITHOUT ROWID", "RANDOM ROWID"]) do
        execute([
          "CREATE TABLE t#{n} (id INTEGER PRIMARY KEY, a TEXT) #{options}",
          "INSERT INTO t#{n} VALUES (1, '1')"
        ])

        alter("t#{n}", [{:modify, :a, :boolean, []}, {:add, :b, :decimal, unique: true}])
        assert rows("SELECT id, a FROM t#{n}") == [[1, 1]]
        assert String.ends_with?(sql("t#{n}"), options)
      end

      assert sql("t0") =~ ~s("b" TEXT UNIQUE)
      assert sql("t1") =~ ~s("b" DECIMAL UNIQUE)
    end

    test "a value that a STRICT table does not take is refused" do
      execute(["CREATE TABLE t (a TEXT) STRICT", "INSERT INTO t VALUES ('no number')"])
      before = everything()

      assert_raise EctoLibSql.Error, ~r/cannot store TEXT/, fn ->
        alter("t", {:modify, :a, :integer, []})
      end

      assert everything() == before
    end

    test "generated columns are computed anew" do
      execute([
        "CREATE TABLE t (a INTEGER, b TEXT, c AS (a * 2) STORED, d INT GENERATED ALWAYS AS (a + 1))",
        "INSERT INTO t VALUES (1, '5')"
      ])

      alter("t", {:modify, :b, :integer, []})
      assert rows("SELECT * FROM t") == [[1, 5, 2, 2]]
      alter("t", {:add, :e, :integer, generated: "ALWAYS AS (b + 1) STORED"})
      assert rows("SELECT * FROM t") == [[1, 5, 2, 2, 6]]
    end

    test "AUTOINCREMENT goes on where it was" do
      execute([
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)",
        "INSERT INTO t (a) VALUES ('1'), ('2'), ('3')",
        "DELETE FROM t WHERE id > 1"
      ])

      alter("t", {:modify, :a, :integer, []})
      execute("INSERT INTO t (a) VALUES (4)")
      execute("DELETE FROM t")
      alter("t", {:modify, :a, :text, []})
      execute("INSERT INTO t (a) VALUES (5)")
      assert rows("SELECT * FROM t") == [[5, "5"]]
      assert rows("SELECT * FROM sqlite_sequence") == [["t", 5]]
    end

    test "rowids stay" do
      execute(["CREATE TABLE t (a TEXT)", "INSERT INTO t (rowid, a) VALUES (7, 'x'), (3, 'y')"])
      alter("t", {:modify, :a, :text, default: "d"})
      assert rows("SELECT rowid, a FROM t") == [[3, "y"], [7, "x"]]
    end

    test "names and definitions may have any form" do
      execute([
        ~s|CREATE TABLE "o""dd ,(t" ([a b] DECIMAL(10, 2) DEFAULT (1 + (2)), -- a comment, with (| <>
          ~s|\n `c``d` TEXT /* ) */ DEFAULT 'it''s, (', "CHECK" TEXT, CONSTRAINT "pk" PRIMARY KEY ("CHECK"))|,
        ~s|INSERT INTO "o""dd ,(t" VALUES (1.5, 'x', 'y')|
      ])

      alter(~s|o"dd ,(t|, {:modify, :"c`d", :text, null: false})
      alter(~s|o"dd ,(t|, {:modify, :"a b", :text, []})
      execute(~s|INSERT INTO "o""dd ,(t" ("CHECK") VALUES ('z')|)
      assert rows(~s|SELECT * FROM "o""dd ,(t"|) == [["1.5", "x", "y"], ["3", "it's, (", "z"]]
    end

    test "references are added, replaced and removed" do
      execute([
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE q (id INTEGER PRIMARY KEY, x INTEGER, UNIQUE (id, x))",
        "CREATE TABLE t (a INTEGER, b INTEGER)",
        "INSERT INTO p VALUES (1)",
        "INSERT INTO t VALUES (1, 2)"
      ])

      to_p = %Reference{table: "p", type: :integer}
      to_q = %Reference{table: "q", type: :integer}

      keys = fn ->
        rows(~s|SELECT "table", "from" FROM pragma_foreign_key_list('t') ORDER BY id, seq|)
      end

      alter("t", {:modify, :a, to_p, []})
      assert keys.() == [["p", "a"]]
      assert_raise EctoLibSql.Error, fn -> alter("t", {:modify, :a, to_q, from: to_p}) end
      assert keys.() == [["p", "a"]]
      alter("t", {:modify, :a, :integer, from: to_p})
      assert keys.() == []

      execute("INSERT INTO q VALUES (1, 2)")
      alter("t", {:modify, :a, %{to_q | with: [b: :x]}, []})
      assert Enum.sort(keys.()) == [["q", "a"], ["q", "b"]]

      assert_raise EctoLibSql.Error, ~r/FOREIGN KEY/, fn ->
        execute("INSERT INTO t VALUES (1, 3)")
      end

      alter("t", {:modify, :a, :integer, from: %{to_q | with: [b: :x]}})
      assert keys.() == []
    end

    test "a reference without a name is dropped by its default name" do
      execute([
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (a INTEGER REFERENCES p (id) ON DELETE CASCADE NOT NULL, " <>
          "b INTEGER CONSTRAINT own REFERENCES p (id), c)"
      ])

      for name <- ["t_b_fkey", "t_c_fkey", "t_d_fkey"] do
        assert_raise EctoLibSql.Error, ~r/no constraint #{name}/, fn ->
          ddl({:drop, %Constraint{table: "t", name: name}, :restrict})
        end
      end

      ddl({:drop, %Constraint{table: "t", name: "t_a_fkey"}, :restrict})
      assert rows(~s|SELECT "from" FROM pragma_foreign_key_list('t')|) == [["b"]]
      execute("INSERT INTO t (a) VALUES (9)")

      assert_raise EctoLibSql.Error, ~r/NOT NULL/, fn ->
        execute("INSERT INTO t (b) VALUES (NULL)")
      end
    end

    test "the default of a column is removed by nil" do
      execute("CREATE TABLE t (a TEXT DEFAULT 'x', b)")
      alter("t", {:modify, :a, :text, default: nil})
      execute("INSERT INTO t (b) VALUES (1)")
      assert rows("SELECT a FROM t") == [[nil]]
    end

    test "constraints are added and dropped by their names" do
      execute([
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (a CONSTRAINT fk REFERENCES p (id) NOT NULL, b)"
      ])

      check = %Constraint{table: "t", name: "positive", check: "b > 0 AND b IN (1, 2)"}
      ddl({:create, check})
      assert_raise EctoLibSql.Error, ~r/CHECK/, fn -> execute("INSERT INTO t VALUES (9, 3)") end
      ddl({:drop, %{check | name: "fk"}, :restrict})
      execute("INSERT INTO t VALUES (9, 1)")

      assert_raise EctoLibSql.Error, ~r/NOT NULL/, fn ->
        execute("INSERT INTO t VALUES (NULL, 1)")
      end

      ddl({:drop, check, :restrict})
      execute("INSERT INTO t VALUES (9, 3)")

      assert_raise EctoLibSql.Error, ~r/no constraint positive/, fn ->
        ddl({:drop, check, :restrict})
      end

      ddl({:drop_if_exists, check, :restrict})

      assert_raise EctoLibSql.Error, ~r/CHECK/, fn -> ddl({:create, check}) end
      assert rows("SELECT * FROM t") == [[9, 1], [9, 3]]
    end

    test "columns that ALTER TABLE cannot add are added" do
      execute(["CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"])
      alter("t", {:add, :u, :text, unique: true})
      alter("t", {:add, :f, :text, default: {:fragment, "upper('x')"}})
      alter("t", {:add_if_not_exists, :f, :text, default: {:fragment, "'y'"}})
      alter("t", [{:remove_if_exists, :none}, {:modify, :a, :text, []}, {:remove_if_exists, :u}])
      assert rows("SELECT * FROM t") == [["1", "X"]]
    end

    test "a view, a virtual table and a missing table are refused" do
      execute([
        "CREATE TABLE t (a)",
        "CREATE VIEW v AS SELECT 1 AS a",
        "CREATE VIRTUAL TABLE f USING fts5(a)"
      ])

      for name <- ["v", "f", "none"] do
        assert_raise EctoLibSql.Error, ~r/the table #{name} does not exist, or is a view/, fn ->
          alter(name, {:modify, :a, :text, []})
        end
      end

      assert_raise EctoLibSql.Error, ~r/has no column x/, fn ->
        alter("t", {:modify, :x, :text, []})
      end
    end

    @tag :local_file
    test "a table of an attached database is rebuilt there", %{database: database} do
      execute([
        "ATTACH '#{database}2' AS other",
        "CREATE TABLE other.t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)",
        "CREATE INDEX other.i ON t (a)",
        "CREATE VIEW other.v AS SELECT a FROM t",
        "INSERT INTO other.t VALUES (5, '1')"
      ])

      ddl({:alter, %Table{name: "t", prefix: "other"}, [{:modify, :a, :integer, []}]})
      execute("INSERT INTO other.t (a) VALUES (2)")
      assert rows("SELECT id, a FROM other.t") == [[5, 1], [6, 2]]

      assert rows("SELECT name FROM other.sqlite_schema WHERE type IN ('index', 'view') ORDER BY 1") ==
               [["i"], ["v"]]
    end
  end
end

if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.CodecTest do
    # Not async: the options of types are the application's.
    use Ecto.Adapters.LibSql.RepoCase, async: false

    defmodule Part do
      use Ecto.Schema
      @primary_key false
      embedded_schema(do: field(:name, :string))
    end

    defmodule Thing do
      use Ecto.Schema
      alias Ecto.Adapters.LibSql.CodecTest

      schema "things" do
        field(:errors, {:array, :map})
        field(:flags, {:array, :boolean})
        field(:days, {:array, :date})
        field(:uuid, Ecto.UUID)
        embeds_many(:parts, CodecTest.Part)
      end
    end

    setup do
      execute("CREATE TABLE things (id INTEGER PRIMARY KEY, errors, flags, days, uuid, parts)")
    end

    describe "an array whose elements are as a column holds them:" do
      test "maps as texts, beside maps" do
        thing = Repo.insert!(%Thing{errors: [%{"a" => 1}]})

        execute(
          ~S|UPDATE things SET errors = json_insert(errors, '$[#]', '{"b":[2]}', '$[#]', json('{"c":null}'))|
        )

        expected = [%{"a" => 1}, %{"b" => [2]}, %{"c" => nil}]
        assert Repo.reload!(thing).errors == expected
        assert Repo.one!(from(t in Thing, select: t.errors)) == expected
      end

      test "embeds as texts" do
        thing = Repo.insert!(%Thing{parts: [%Part{name: "x"}]})
        execute(~S|UPDATE things SET parts = json_insert(parts, '$[#]', '{"name":"y"}')|)
        assert Repo.reload!(thing).parts == [%Part{name: "x"}, %Part{name: "y"}]
        execute(~S|UPDATE things SET parts = json_array('no')|)
        assert_raise ArgumentError, ~r/cannot load embed/, fn -> Repo.reload!(thing) end
      end

      test "booleans as numbers" do
        thing = Repo.insert!(%Thing{flags: [true, false]})
        execute("UPDATE things SET flags = json_insert(flags, '$[#]', 1)")
        assert Repo.reload!(thing).flags == [true, false, true]
      end

      test "what is of no such type is refused" do
        thing = Repo.insert!(%Thing{errors: []})
        execute("UPDATE things SET errors = json_array('no JSON')")
        assert_raise ArgumentError, ~r/cannot load/, fn -> Repo.reload!(thing) end
      end
    end
  end
end

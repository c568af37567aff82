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

    defschema Thing, "things",
      errors: {:array, :map},
      flags: {:array, :boolean},
      days: {:array, :date},
      uuid: Ecto.UUID do
      embeds_many(:parts, Part)
    end

    setup do
      execute("CREATE TABLE things (id INTEGER PRIMARY KEY, errors, flags, days, uuid, parts)")
    end

    describe "the elements of an array may be as a column holds them:" do
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

      test "an element of another type is refused" do
        thing = Repo.insert!(%Thing{errors: []})
        execute("UPDATE things SET errors = json_array('no JSON')")
        assert_raise ArgumentError, ~r/cannot load/, fn -> Repo.reload!(thing) end
      end
    end

    describe "a UUID's 16 bytes" do
      test "are stored as its text is" do
        for {type, stored} <- [string: "text", binary: "blob"] do
          configure(uuid_type: type)
          raw = Ecto.UUID.bingenerate()
          thing = Repo.insert!(Ecto.Changeset.change(%Thing{}, uuid: raw))
          assert Repo.reload!(thing).uuid == Ecto.UUID.load!(raw)

          assert rows("SELECT typeof(uuid) FROM things WHERE id = #{thing.id}") == [[stored]]
          assert Repo.get_by(Thing, uuid: Ecto.UUID.load!(raw)).id == thing.id
        end
      end

      test "are stored, and other bytes are refused" do
        assert_raise Ecto.ChangeError, fn ->
          Repo.insert!(Ecto.Changeset.change(%Thing{}, uuid: <<0::120>>))
        end
      end
    end

    defmodule Moment do
      use Ecto.Type
      def type, do: :naive_datetime
      def cast(value), do: {:ok, value}
      def dump(%DateTime{} = value), do: {:ok, value}
      def load(naive), do: DateTime.from_naive(naive, "Etc/UTC")
    end

    test "a type of one's own over a naive time that gives a DateTime stores no zone" do
      for {option, text} <- [iso8601: "2026-11-27T10:20:30", text_datetime: "2026-11-27 10:20:30"] do
        configure(datetime_type: option)
        moment = ~U[2026-11-27 10:20:30Z]
        assert Ecto.Type.adapter_dump(Ecto.Adapters.LibSql, Moment, moment) == {:ok, text}
        assert Ecto.Type.adapter_load(Ecto.Adapters.LibSql, Moment, text) == {:ok, moment}
      end
    end

    test "Repo.load makes a float of a Decimal" do
      assert {:ok, ratio} =
               Ecto.Type.adapter_load(Ecto.Adapters.LibSql, :float, Decimal.new("1.50"))

      assert ratio === 1.5
    end

    # A pair that is dumped as a map, and anything that is dumped as JSON.
    defmodule OverMap do
      use Ecto.ParameterizedType
      alias EctoLibSql.JSON

      def init(options), do: options[:dumped_as]
      def type(_), do: :map
      def cast(value, _), do: {:ok, value}
      def dump(nil, _, _), do: {:ok, nil}
      def dump({a, b}, _, :map), do: {:ok, %{"a" => a, "b" => b}}
      def dump(value, _, :text), do: {:ok, JSON.encode!(value)}
      def load(nil, _, _), do: {:ok, nil}
      def load(%{"a" => a, "b" => b}, _, :map), do: {:ok, {a, b}}
      def load(text, _, :text) when is_binary(text), do: JSON.decode(text)
    end

    defschema(Own, "owns", []) do
      field(:map, OverMap, dumped_as: :map)
      field(:text, OverMap, dumped_as: :text)
    end

    describe "a type of one's own over :map" do
      setup do: execute("CREATE TABLE owns (id INTEGER PRIMARY KEY, map, text)")

      test "may give maps or JSON, which are stored as JSON" do
        for {type, stored} <- [string: "text", binary: "blob"] do
          configure(map_type: type)
          own = Repo.insert!(%Own{map: {1, nil}, text: %{"b" => [1, "x"]}})

          assert rows("SELECT typeof(text), map ->> '$.a', text ->> '$.b[1]' FROM owns") ==
                   [[stored, 1, "x"]]

          assert %{map: {1, nil}, text: %{"b" => [1, "x"]}} = Repo.reload!(own)
          assert %{id: _} = Repo.get_by!(Own, text: %{"b" => [1, "x"]})
          Repo.delete_all(Own)
        end
      end

      test "may read JSON that was encoded twice" do
        own = Repo.insert!(%Own{})
        execute(~S|UPDATE owns SET text = json_quote('{"b":1}')|)
        assert Repo.reload!(own).text == %{"b" => 1}
      end

      test "refuses what it cannot load" do
        own = Repo.insert!(%Own{})
        execute(~S|UPDATE owns SET map = '[]'|)
        assert_raise ArgumentError, ~r/cannot load/, fn -> Repo.reload!(own) end
      end
    end

    defmodule Point do
      use Ecto.Type
      def type, do: :point
      def cast(value), do: {:ok, value}
      def dump({_, _} = point), do: {:ok, point}
      def load({_, _} = point), do: {:ok, point}
    end

    defmodule Points do
      @behaviour Ecto.Adapters.LibSql.TypeExtension

      @impl true
      def loaders(:point, type) do
        [
          fn text ->
            [x, y] = String.split(text, ",")
            {:ok, {String.to_integer(x), String.to_integer(y)}}
          end,
          type
        ]
      end

      def loaders(_, _), do: nil

      @impl true
      def dumpers(:point, type), do: [type, fn {x, y} -> {:ok, "#{x},#{y}"} end]
      def dumpers(_, _), do: nil
    end

    defmodule Nothing do
      @behaviour Ecto.Adapters.LibSql.TypeExtension
      @impl true
      def loaders(_, _), do: nil
      @impl true
      def dumpers(_, _), do: nil
    end

    defmodule Place do
      use Ecto.Schema
      schema("places", do: field(:point, Point))
    end

    test "an extension stores and loads types that nobody else knows" do
      configure(type_extensions: [Nothing, Points])
      execute("CREATE TABLE places (id INTEGER PRIMARY KEY, point)")
      place = Repo.insert!(%Place{point: {1, -2}})
      assert rows("SELECT point FROM places") == [["1,-2"]]
      assert Repo.reload!(place).point == {1, -2}
      assert Repo.get_by(Place, point: {1, -2}) == place
    end
  end
end

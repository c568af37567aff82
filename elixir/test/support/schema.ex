defmodule EctoLibSql.Test.Schema do
  @moduledoc "Schemas by the types of their fields."

  @doc """
  Defines a schema; the block may add associations and the like, `primary_key:` is Ecto's attribute.

      defschema Post, "posts", [title: :string, visits: :integer], primary_key: false do
        has_many :comments, Comment
      end
  """
  defmacro defschema(name, table, fields, options \\ [], block \\ []) do
    options = options ++ block
    default = quote do: {:id, :id, autogenerate: true}

    quote do
      # Read here, since attributes are this module's.
      {fields, primary_key} =
        {unquote(fields), unquote(Keyword.get(options, :primary_key, default))}

      defmodule unquote(name) do
        use Ecto.Schema
        @primary_key primary_key

        schema unquote(table) do
          for {name, type} <- fields, do: field(name, type)
          unquote(options[:do])
        end
      end
    end
  end
end

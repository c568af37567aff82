if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.TableDefinition do
    @moduledoc false
    # Parses and regenerates the text of a CREATE TABLE.
    #
    # Everything that is not changed stays as written: expressions, comments, names of constraints. The parser only
    # determines where definitions and their clauses begin and end.

    alias Ecto.Adapters.LibSql.Quoting

    defstruct [:name, columns: [], constraints: [], tail: ""]

    @typedoc """
    `columns` are the column names with their definitions (including the name), `constraints` the table constraints,
    and `tail` the table options.
    """
    @type t :: %__MODULE__{
            columns: [{String.t(), String.t()}],
            constraints: [String.t()],
            tail: String.t()
          }

    @doc "Parses the text of a CREATE TABLE; `:error` for a virtual table or a view."
    @spec parse(String.t()) :: {:ok, t} | :error
    def parse(sql) do
      tokens = tokens(sql)
      {head, rest} = Enum.split_while(tokens, &(&1 != {:punctuation, "("}))

      if "TABLE" in words(head) and "VIRTUAL" not in words(head) and rest != [] do
        {body, tail} = bracketed(tl(rest), 0, [])
        parts = body |> split_commas() |> Enum.map(&trim/1)
        {constraints, columns} = Enum.split_with(parts, &table_constraint?/1)

        {:ok,
         %__MODULE__{
           columns: Enum.map(columns, &{unquoted(first(&1)), text(&1)}),
           constraints: Enum.map(constraints, &text/1),
           tail: text(tail)
         }}
      else
        :error
      end
    end

    @doc "The CREATE TABLE statement for a table of the given name."
    @spec to_sql(t, iodata) :: iodata
    def to_sql(definition, name) do
      parts = Enum.map(definition.columns, &elem(&1, 1)) ++ definition.constraints
      # Each part is on its own line, because it may end with a comment.
      ["CREATE TABLE ", name, " (", Enum.intersperse(parts, "\n, "), "\n)", definition.tail]
    end

    @doc "The definition of a column. The case of the name is ignored."
    @spec column(t, String.t()) :: String.t() | nil
    def column(definition, name) do
      Enum.find_value(definition.columns, fn {known, sql} -> if same?(known, name), do: sql end)
    end

    @doc "Replaces the definition of a column."
    @spec put_column(t, String.t(), String.t()) :: t
    def put_column(definition, name, sql) do
      columns =
        Enum.map(definition.columns, fn {known, old} ->
          if same?(known, name), do: {known, sql}, else: {known, old}
        end)

      %{definition | columns: columns}
    end

    @doc "Removes a column and the table constraints that involve it."
    @spec delete_column(t, String.t()) :: t
    def delete_column(definition, name) do
      %{
        definition
        | columns: Enum.reject(definition.columns, fn {known, _} -> same?(known, name) end),
          constraints: Enum.reject(definition.constraints, &about?(&1, name))
      }
    end

    @doc "Removes the table or column constraint of that name; `:error` if there is none."
    @spec delete_constraint(t, String.t()) :: {:ok, t} | :error
    def delete_constraint(definition, name) do
      named? = fn sql -> Enum.any?(clauses(tokens(sql)), &named?(&1, name)) end

      cond do
        Enum.any?(definition.constraints, named?) ->
          {:ok, %{definition | constraints: Enum.reject(definition.constraints, named?)}}

        column = Enum.find(definition.columns, fn {_, sql} -> named?.(sql) end) ->
          {known, sql} = column
          [head | clauses] = clauses(tokens(sql))
          kept = Enum.reject(clauses, &named?(&1, name))
          {:ok, put_column(definition, known, join([head | kept]))}

        true ->
          :error
      end
    end

    @doc "Removes the unnamed references of a column; `:error` if there are none."
    @spec delete_reference(t, String.t()) :: {:ok, t} | :error
    def delete_reference(definition, column) do
      [head | clauses] = definition |> column(column) |> tokens() |> clauses()

      case Enum.reject(clauses, &(kind(&1) == :references and not constraint?(&1))) do
        ^clauses -> :error
        kept -> {:ok, put_column(definition, column, join([head | kept]))}
      end
    end

    @doc """
    Merges a new definition of a column into the old one.

    The type is that of the new definition. A clause of the new definition (NOT NULL, DEFAULT ...) replaces the old
    clause of its kind. The other old clauses stay, except those of the kinds in `dropped`.
    """
    @spec merge(String.t(), String.t(), [atom]) :: String.t()
    def merge(old, new, dropped) do
      [head | new] = clauses(tokens(new))
      kinds = Enum.map(new, &kind/1) ++ dropped
      integer? = head |> words() |> List.last() == "INTEGER"

      kept =
        old
        |> tokens()
        |> clauses()
        |> tl()
        |> Enum.reject(&(kind(&1) in kinds))
        |> Enum.map(&if(integer?, do: &1, else: without(&1, "AUTOINCREMENT")))

      join([head | kept ++ new])
    end

    @doc "A column's definition without its reference to another table."
    @spec without_reference(String.t()) :: String.t()
    def without_reference(sql) do
      [head | clauses] = clauses(tokens(sql))
      join([head | Enum.reject(clauses, &(kind(&1) == :references))])
    end

    @doc "The name in a column's definition, exactly as written."
    @spec name_text(String.t()) :: String.t()
    def name_text(sql), do: sql |> tokens() |> first() |> elem(1)

    @doc "Changes references to one table into references to another one."
    @spec rename_parent(String.t(), String.t(), String.t()) :: String.t()
    def rename_parent(sql, from, to) do
      {tokens, _} =
        Enum.map_reduce(tokens(sql), nil, fn token, before ->
          cond do
            blank?(token) -> {token, before}
            before == "REFERENCES" and same?(unquoted(token), from) -> {{:quoted, quoted(to)}, nil}
            match?({:word, _}, token) -> {token, upcase(token)}
            true -> {token, nil}
          end
        end)

      text(tokens)
    end

    @doc "Whether libSQL's ALTER COLUMN, which works on the text only, reads the definition correctly."
    @spec alterable?(String.t()) :: boolean
    def alterable?(sql) do
      tokens = tokens(sql)
      kinds = tokens |> clauses() |> tl() |> Enum.map(&kind/1)

      not String.contains?(sql, ",") and not Enum.any?(tokens, &match?({:comment, _}, &1)) and
        not Enum.any?(kinds, &(&1 in [:primary_key, :unique, :generated]))
    end

    @doc "Whether a table constraint involves the column. Columns of a referenced table do not count."
    @spec about?(String.t(), String.t()) :: boolean
    def about?(constraint, name) do
      constraint
      |> tokens()
      |> Enum.take_while(&(not (match?({:word, _}, &1) and upcase(&1) == "REFERENCES")))
      |> names?(name)
    end

    @doc "Whether an index contains the column or uses it in its WHERE clause."
    @spec index_about?(String.t(), String.t()) :: boolean
    def index_about?(index, name) do
      index |> tokens() |> Enum.drop_while(&(&1 != {:punctuation, "("})) |> names?(name)
    end

    defp names?(tokens, name) do
      Enum.any?(tokens, fn {kind, _} = token ->
        kind in [:word, :quoted] and same?(unquoted(token), name)
      end)
    end

    @doc "The kinds of the clauses in a column definition."
    @spec kinds(String.t()) :: [atom]
    def kinds(sql), do: sql |> tokens() |> clauses() |> tl() |> Enum.map(&kind/1)

    @doc "Whether two names are the same in SQLite."
    @spec same?(String.t(), String.t()) :: boolean
    def same?(one, other), do: String.downcase(one, :ascii) == String.downcase(other, :ascii)

    ## Clauses of a column: the name with the type, then each constraint

    @starts ~w(CONSTRAINT PRIMARY NOT NULL UNIQUE CHECK DEFAULT COLLATE REFERENCES GENERATED AS)

    defp clauses(tokens) do
      {comments, [name | tokens]} = Enum.split_while(tokens, &blank?/1)
      clauses(tokens, [name | Enum.reverse(comments)], [], nil, 0)
    end

    defp clauses([], current, done, _before, _depth) do
      Enum.reverse([trim(Enum.reverse(current)) | done])
    end

    defp clauses([token | tokens], current, done, before, depth) do
      depth = depth + depth_of(token)
      word = if match?({:word, _}, token) and depth == 0, do: upcase(token)

      if word in @starts and starts?(word, before, tokens) do
        clauses(tokens, [token], [trim(Enum.reverse(current)) | done], word, depth)
      else
        clauses(tokens, [token | current], done, before(token, word, before), depth)
      end
    end

    defp before(token, word, before) do
      cond do
        blank?(token) -> before
        before == "CONSTRAINT" -> :constraint_name
        true -> word || :other
      end
    end

    # Whether a word begins a clause, or is part of the current one.
    defp starts?(_, before, _) when before in ["CONSTRAINT", :constraint_name], do: false
    defp starts?("NULL", before, _), do: before not in ["NOT", "SET", "DEFAULT"]
    defp starts?("DEFAULT", before, _), do: before != "SET"
    defp starts?("AS", before, _), do: before != "ALWAYS"
    defp starts?("NOT", _, tokens), do: next_word(tokens) == "NULL"
    defp starts?(_, _, _), do: true

    defp next_word(tokens) do
      case Enum.find(tokens, &(not blank?(&1))) do
        {:word, _} = token -> upcase(token)
        _ -> nil
      end
    end

    @kinds %{
      "PRIMARY" => :primary_key,
      "NOT" => :null,
      "NULL" => :null,
      "UNIQUE" => :unique,
      "CHECK" => :check,
      "DEFAULT" => :default,
      "COLLATE" => :collate,
      "REFERENCES" => :references,
      "FOREIGN" => :references,
      "GENERATED" => :generated,
      "AS" => :generated
    }

    defp kind(clause) do
      case Enum.reject(clause, &blank?/1) do
        [{:word, _} = word, _name, next | _] ->
          if upcase(word) == "CONSTRAINT", do: @kinds[upcase(next)], else: @kinds[upcase(word)]

        [{:word, _} = word | _] ->
          @kinds[upcase(word)]
      end
    end

    defp constraint?(clause), do: upcase(hd(clause)) == "CONSTRAINT"

    defp named?(clause, name) do
      case Enum.reject(clause, &blank?/1) do
        [{:word, _} = word, named | _] ->
          upcase(word) == "CONSTRAINT" and same?(unquoted(named), name)

        _ ->
          false
      end
    end

    defp without(clause, word),
      do: Enum.reject(clause, &(match?({:word, _}, &1) and upcase(&1) == word))

    # A comment may extend to the end of its line.
    defp join(clauses) do
      comment? = Enum.any?(clauses, fn clause -> Enum.any?(clause, &match?({:comment, _}, &1)) end)
      Enum.map_join(clauses, if(comment?, do: "\n", else: " "), &text/1)
    end

    ## Tokens

    @token ~r/\G(?:(?<space>\s+)|(?<comment>--[^\n]*|\/\*.*?(?:\*\/|\z))|(?<string>[xX]?'(?:[^']|'')*')|(?<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])|(?<word>[\p{L}_$\x80-\x{10FFFF}][\p{L}\p{N}_$\x80-\x{10FFFF}]*)|(?<punctuation>.))/su
    @token_kinds ~w(comment punctuation quoted space string word)a

    defp tokens(sql) do
      for found <- Regex.scan(@token, sql, capture: Enum.map(@token_kinds, &to_string/1)) do
        found
        |> Enum.zip(@token_kinds)
        |> Enum.find_value(fn {text, kind} -> if text != "", do: {kind, text} end)
      end
    end

    defp bracketed([{:punctuation, ")"} | tail], 0, body), do: {Enum.reverse(body), tail}

    defp bracketed([token | tokens], depth, body) do
      bracketed(tokens, depth + depth_of(token), [token | body])
    end

    defp split_commas(tokens) do
      {parts, part, _} =
        Enum.reduce(tokens, {[], [], 0}, fn
          {:punctuation, ","}, {parts, part, 0} -> {[Enum.reverse(part) | parts], [], 0}
          token, {parts, part, depth} -> {parts, [token | part], depth + depth_of(token)}
        end)

      Enum.reverse([Enum.reverse(part) | parts])
    end

    defp first(tokens), do: Enum.find(tokens, &(not blank?(&1)))

    defp table_constraint?(tokens) do
      token = first(tokens)
      match?({:word, _}, token) and upcase(token) in ~w(CONSTRAINT PRIMARY UNIQUE CHECK FOREIGN)
    end

    defp depth_of({:punctuation, "("}), do: 1
    defp depth_of({:punctuation, ")"}), do: -1
    defp depth_of(_), do: 0

    defp trim(tokens) do
      tokens
      |> Enum.drop_while(&space?/1)
      |> Enum.reverse()
      |> Enum.drop_while(&space?/1)
      |> Enum.reverse()
    end

    defp space?(token), do: match?({:space, _}, token)
    defp blank?({kind, _}), do: kind in [:space, :comment]
    defp text(tokens), do: Enum.map_join(tokens, &elem(&1, 1))
    defp words(tokens), do: for({:word, _} = token <- tokens, do: upcase(token))
    defp upcase({_, text}), do: String.upcase(text, :ascii)

    defp unquoted({:quoted, <<quote, _::binary>> = text}) do
      inner = binary_part(text, 1, byte_size(text) - 2)
      if quote == ?[, do: inner, else: String.replace(inner, <<quote, quote>>, <<quote>>)
    end

    defp unquoted({:string, text}), do: text |> String.slice(1..-2) |> String.replace("''", "'")
    defp unquoted({_, text}), do: text

    defp quoted(name), do: IO.iodata_to_binary(Quoting.name(name))
  end
end

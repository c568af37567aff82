defmodule EctoLibSql.DepsFolder do
  @moduledoc "Takes all dependencies from the folder ECTO_DEPS, without Hex."
  @behaviour Mix.SCM

  @impl true
  def accepts_options(app, opts) do
    path = Path.join(System.fetch_env!("ECTO_DEPS"), "#{app}")
    Mix.SCM.Path.accepts_options(app, Keyword.put(opts, :path, path))
  end

  for {name, arity} <- Mix.SCM.behaviour_info(:callbacks), name != :accepts_options do
    @impl true
    defdelegate unquote(name)(unquote_splicing(Macro.generate_arguments(arity, __MODULE__))),
      to: Mix.SCM.Path
  end
end

defmodule EctoLibSql.MixProject do
  use Mix.Project

  @version "1.0.0-dev"

  # Compiled applications (<application>/ebin) in the folder ECTO_DEPS are used instead of Hex.
  for ebin <- Path.wildcard("#{System.get_env("ECTO_DEPS")}/*/ebin"), do: Code.prepend_path(ebin)

  def project do
    [
      app: :ecto_libsql,
      version: @version,
      elixir: "~> 1.14",
      description: "Ecto adapter for libSQL/Turso over a C++ driver",
      elixirc_paths: if(Mix.env() == :test, do: ["lib", "test/support"], else: ["lib"]),
      test_paths: [if(System.get_env("ECTO_SUITES"), do: "integration_test", else: "test")],
      # Modules compiled with Ecto and modules compiled without it must not be mixed.
      build_path: if(deps() == [] and not ecto?(), do: "_build_without_ecto", else: "_build"),
      xref: [
        exclude: [DBConnection, Decimal, Ecto.Adapters.SQL, Ecto.QueryError, Ecto.Type, Ecto.UUID]
      ],
      compilers: [:ecto_libsql_native] ++ Mix.compilers(),
      deps: deps()
    ]
  end

  def application do
    [extra_applications: if(Mix.env() == :test, do: [:logger, :ex_unit], else: [:logger])]
  end

  defp ecto?, do: Code.ensure_loaded?(Ecto.Adapters.SQL)

  # Dependencies come from Hex, or from the folder ECTO_DEPS, as sources or compiled. Without either there is no Ecto:
  # the modules that need it are left out, and the tests say so.
  defp deps do
    folder = System.get_env("ECTO_DEPS")

    cond do
      # The dependencies are already compiled.
      folder && ecto?() ->
        []

      folder ->
        Mix.SCM.prepend(EctoLibSql.DepsFolder)

        [
          {:ecto_sql, "~> 3.12"}
          | if(File.dir?(Path.join(folder, "jason")), do: [{:jason, "~> 1.4"}], else: [])
        ]

      Code.ensure_loaded?(Hex) ->
        [{:ecto_sql, "~> 3.12"}, {:jason, "~> 1.4", optional: true}]

      true ->
        []
    end
  end
end

defmodule Mix.Tasks.Compile.EctoLibsqlNative do
  @moduledoc "Builds the NIF with CMake into `priv/ecto_libsql_nif.so`."
  use Mix.Task.Compiler

  @source Path.expand("..", __DIR__)

  @impl true
  def run(_arguments) do
    target = Path.join(Mix.Project.app_path(), "priv/ecto_libsql_nif.so")
    tool!("cmake", "cmake")
    tool!("c++", "g++")

    build = build_folder()

    unless File.exists?(build),
      do:
        Mix.shell().info("Building the native part of ecto_libsql in #{build}: some minutes, once")

    cmake!(["-S", @source, "-B", build, "-DECTO_LIBSQL_ELIXIR=ON" | settings()])
    # Without a number, --parallel makes Make start as many compilers as there are files.
    jobs = "#{System.schedulers_online()}"
    cmake!(["--build", build, "--target", "ecto_libsql_nif", "--parallel", jobs])
    File.mkdir_p!(Path.dirname(target))
    copy!(Path.join(build, "elixir/native/ecto_libsql_nif.so"), target)
    :ok
  end

  @impl true
  def clean do
    unless given_folder(), do: File.rm_rf!(build_folder())
    :ok
  end

  # ECTO_LIBSQL_BUILD is an existing CMake build folder of this repository, with its own settings.
  defp given_folder, do: System.get_env("ECTO_LIBSQL_BUILD")

  defp build_folder do
    # If it were empty, Mix would build, and clean, in the source folder.
    if System.get_env("MIX_BUILD_PATH") == "", do: Mix.raise("MIX_BUILD_PATH is empty: unset it")
    given_folder() || Path.join(shared_folder(), "ecto_libsql_native")
  end

  # One folder for all Mix environments.
  defp shared_folder do
    path = Mix.Project.build_path()
    if System.get_env("MIX_BUILD_PATH"), do: path, else: Path.dirname(path)
  end

  defp settings do
    if given_folder(),
      do: [],
      else:
        ~w(-DCMAKE_BUILD_TYPE=Release -DECTO_LIBSQL_TESTS=OFF -DECTO_LIBSQL_EXAMPLES=OFF -DECTO_LIBSQL_INSTALL=OFF)
  end

  # Replaces the file instead of overwriting it: a running emulator may have loaded it, and overwriting would change
  # its code.
  defp copy!(from, to) do
    if File.stat(from, time: :posix) != File.stat(to, time: :posix) do
      temporary = to <> ".new"
      File.cp!(from, temporary)
      File.rename!(temporary, to)
    end
  end

  defp tool!(name, package) do
    System.find_executable(name) ||
      Mix.raise(
        "ecto_libsql builds its native part itself and needs #{name}. On Debian: apt-get install #{package}"
      )
  end

  defp cmake!(arguments) do
    options = [:binary, :exit_status, :stderr_to_stdout, line: 4096, args: arguments]
    port = Port.open({:spawn_executable, System.find_executable("cmake")}, options)

    with {lines, code} when code != 0 <- output(port, []) do
      Mix.raise(
        "the native part of ecto_libsql could not be built:\n\n" <>
          Enum.join(Enum.reverse(lines), "\n")
      )
    end
  end

  # Shows the progress lines: `[ 12%] Building ...` from Make, `[12/99] Building ...` from Ninja.
  defp output(port, lines) do
    receive do
      {^port, {:data, {_, line}}} ->
        if line =~ ~r/^\[[ \d%\/]+\] (Building|Linking|Generating)/, do: Mix.shell().info(line)
        output(port, [line | lines])

      {^port, {:exit_status, code}} ->
        {lines, code}
    end
  end
end

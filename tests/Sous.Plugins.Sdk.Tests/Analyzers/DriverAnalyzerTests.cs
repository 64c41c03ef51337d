using Microsoft.CodeAnalysis;
using Sous.Plugins.Sdk.Analyzers;

namespace Sous.Plugins.Sdk.Tests.Analyzers;

/// <summary>Each rule finds what breaks it, and no other does; what keeps to them is left alone.</summary>
public sealed class DriverAnalyzerTests
{
    private const string Factory = "public sealed class Factory : IDriverFactory { public IDriver Create(DriverContext context) => throw new System.NotSupportedException(); }";
    private const string Attribute = """[assembly: SousDriver("acme", typeof(Acme.Factory))]""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SOUS002", "object M() => new HttpClient();")]
    [InlineData("SOUS002", "HttpClient M() { HttpClient own = new(); return own; }")]
    [InlineData("SOUS002", "HttpClient M() => new(new SocketsHttpHandler());")]
    [InlineData("SOUS002", "object M() => new HttpClientHandler();")]
    [InlineData("SOUS002", "object M() => new System.Net.Sockets.TcpClient();")]
    [InlineData("SOUS002", "object M() => new System.Net.WebSockets.ClientWebSocket();")]
    [InlineData("SOUS003", "async void M() => await Task.Yield();")]
    [InlineData("SOUS003", "void M() { Run(); async void Run() => await Task.Yield(); }")]
    [InlineData("SOUS003", "Action M() => async () => await Task.Yield();")]
    [InlineData("SOUS004", "int M(Task<int> task) => task.Result;")]
    [InlineData("SOUS004", "int M(ValueTask<int> task) => task.Result;")]
    [InlineData("SOUS004", "void M(Task task) => task.Wait();")]
    [InlineData("SOUS004", "void M(Task task) => Task.WaitAll(task);")]
    [InlineData("SOUS004", "void M(Task task) => task.GetAwaiter().GetResult();")]
    [InlineData("SOUS004", "int M(Task<int> task) => task.GetAwaiter().GetResult();")]
    [InlineData("SOUS004", "int M(ValueTask<int> task) => task.ConfigureAwait(false).GetAwaiter().GetResult();")]
    [InlineData("SOUS004", "void M() => Thread.Sleep(1);")]
    [InlineData("SOUS004", "Action<int> M() => Thread.Sleep;")]
    [InlineData("SOUS004", "void M(SemaphoreSlim turn) => turn.Wait();")]
    [InlineData("SOUS004", "void M(ManualResetEvent set) => set.WaitOne();")]
    [InlineData("SOUS005", "void M() => Environment.Exit(1);")]
    [InlineData("SOUS005", "void M() => Environment.FailFast(\"over\");")]
    [InlineData("SOUS005", "void M() => System.Diagnostics.Process.GetCurrentProcess().Kill();")]
    [InlineData("SOUS006", "static int s_count;")]
    [InlineData("SOUS006", "[ThreadStatic] static byte[]? t_buffer;")]
    [InlineData("SOUS006", "static string? Last { get; set; }")]
    [InlineData("SOUS006", "static readonly Dictionary<string, string> Known = []; void M() => Known[\"a\"] = \"b\";")]
    [InlineData("SOUS006", "static readonly List<string> Known = []; void M() => Known.Add(\"a\");")]
    [InlineData("SOUS006", "static readonly System.Collections.Concurrent.ConcurrentDictionary<string, int> Known = new(); void M() => Known.TryAdd(\"a\", 1);")]
    [InlineData("SOUS006", "static List<string> Known { get; } = []; void M() => Known.Clear();")]
    [InlineData("SOUS006", "static readonly int[] Counts = new int[3]; void M() => Counts[0]++;")]
    [InlineData("SOUS007", "object M() => DateTime.Now;")]
    [InlineData("SOUS007", "object M() => DateTime.UtcNow;")]
    [InlineData("SOUS007", "object M() => DateTime.Today;")]
    [InlineData("SOUS007", "object M() => DateTimeOffset.UtcNow;")]
    [InlineData("SOUS007", "object M() => TimeProvider.System.GetUtcNow();")]
    public async Task A_rule_finds_what_breaks_it(string rule, string member)
        => Assert.Equal([rule], Ids(await FindAsync($"{Attribute} namespace Acme {{ {Factory} internal sealed class Wrong {{ {member} }} }}")));

    [Theory]
    [InlineData("HttpClient M(DriverContext context) => new(context.HttpHandler, disposeHandler: false);")]
    [InlineData("async Task<int> M(Task<int> task) => await task.ConfigureAwait(false);")]
    [InlineData("async Task M(SemaphoreSlim turn) => await turn.WaitAsync();")]
    [InlineData("Func<Task> M() => async () => await Task.Yield();")]
    [InlineData("const int Most = 3; static readonly string[] Words = [\"a\"]; static readonly HashSet<string> Known = [\"a\", \"b\"]; bool M(string word) => Known.Contains(word);")]
    [InlineData("static readonly Dictionary<string, int> Known = new() { [\"a\"] = 1 }; static string Name => \"acme\";")]
    [InlineData("static readonly Dictionary<string, int> Known; static Wrong() { Known = []; Known.Add(\"a\", 1); }")]
    [InlineData("readonly List<string> _mine = []; void M() => _mine.Add(\"a\");")]
    [InlineData("object M(DriverContext context) => context.Clock.GetUtcNow();")]
    [InlineData("#pragma warning disable SOUS004\nvoid M(Task task) => task.Wait();\n#pragma warning restore SOUS004\n")]
    public async Task What_keeps_to_the_rules_is_left_alone(string member)
        => Assert.Empty(await FindAsync($"{Attribute} namespace Acme {{ {Factory} internal sealed class Wrong {{ \n{member}\n }} }}"));

    [Fact]
    public async Task A_driver_without_the_attribute_is_known_to_no_host()
        => Assert.Equal(["SOUS001"], Ids(await FindAsync($"namespace Acme {{ {Factory} }}")));

    [Theory]
    [InlineData("internal sealed class Factory : IDriverFactory { public IDriver Create(DriverContext context) => null!; }")]
    [InlineData("public sealed class Factory { }")]
    [InlineData("public abstract class Factory : IDriverFactory { public abstract IDriver Create(DriverContext context); }")]
    [InlineData("public sealed class Factory(int size) : IDriverFactory { public IDriver Create(DriverContext context) => throw new System.NotSupportedException(size.ToString()); }")]
    public async Task A_factory_that_no_host_can_make_is_found(string factory)
        => Assert.Equal(["SOUS008"], Ids(await FindAsync($"{Attribute} namespace Acme {{ {factory} }}")));

    [Fact]
    public async Task A_project_that_says_that_it_is_no_driver_is_left_alone()
        => Assert.Empty(await FindAsync("namespace Acme { internal sealed class Wrong { static int s_count; } }", ("build_property.IsSousDriver", "false")));

    [Theory]
    [InlineData("Sous.Plugins.Square")]
    [InlineData("Sous.Plugins.Toast")]
    [InlineData("Sous.Plugins.GoogleDrive")]
    public async Task The_trees_own_drivers_keep_to_the_rules_and_would_be_found_if_they_did_not(string driver)
    {
        var sources = Directory.GetFiles(Path.Combine(Analysis.Tree, "plugins", driver), "*.cs").Select(File.ReadAllText).ToList();
        string[] brought = driver == "Sous.Plugins.GoogleDrive" ? Directory.GetFiles(Path.Combine(Analysis.Tree, "artifacts", "plugins", driver), "Google*.dll") : [];

        Assert.Empty(await Analysis.FindAsync(sources, brought, [], Token));
        Assert.Equal(["SOUS007"], Ids(await Analysis.FindAsync([.. sources, "internal static class Wrong { public static object Now => System.DateTime.UtcNow; }"], brought, [], Token)));
    }

    [Fact]
    public void Each_rule_stands_in_the_README()
    {
        var readme = File.ReadAllText(Path.Combine(Analysis.Tree, "sdk", "README.md"));

        Assert.All(new DriverAnalyzer().SupportedDiagnostics, rule => Assert.Contains($"| `{rule.Id}` | ", readme, StringComparison.Ordinal));
        Assert.All(["SOUS010", "SOUS011", "SOUS012", "SOUS013"], id => Assert.Contains($"| `{id}` | ", readme, StringComparison.Ordinal));
    }

    private static Task<IReadOnlyList<Diagnostic>> FindAsync(string source, params (string Key, string Value)[] properties)
        => Analysis.FindAsync([$"using System; using System.Collections.Generic; using System.Net.Http; using System.Threading; using System.Threading.Tasks; using Sous.Plugins.Sdk; {source}"], [], properties, Token);

    private static IEnumerable<string> Ids(IEnumerable<Diagnostic> found) => found.Select(one => one.Id);
}

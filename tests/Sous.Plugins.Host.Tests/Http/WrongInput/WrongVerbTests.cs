using System.Text.Json.Nodes;
using Sous.Plugins.Host.Tests.Cli;

namespace Sous.Plugins.Host.Tests.Http.WrongInput;

/// <summary>The same for the command line, on the data folder of a host that runs: exit code and sentence of each wrong verb, id and flag.</summary>
public sealed class WrongVerbTests(WrongInputHost host) : IClassFixture<WrongInputHost>
{
    /// <summary>Each in a process of its own, so not one after another.</summary>
    private const int AtOnce = 4;

    private static readonly (string Line, int Exit, string Sentence)[] s_rows =
    [
        ("nosuch", 2, "Unrecognized command or argument 'nosuch'."),
        ("keys", 2, "'keys' needs one of: create, list, revoke."),
        ("keys create", 2, "Option '--scope' is required."),
        ("keys create --scope root", 1, "The scope is 'admin' or 'tenant:T' with the id of a tenant."),
        ("keys create --scope admin --expires yesterday", 2, "--expires is an instant such as 2026-03-14T08:00:00Z, and not 'yesterday'."),
        ("keys revoke nope", 1, "There is no key nope that this key can see."),
        ("keys list --url http://127.0.0.1:1 --key secret-value", 1, "The host does not answer; it may be starting or stopping. Connection refused."),
        ("keys list --url {url} --key secret-value", 1, "The host does not take this key: it is unknown, has expired or was revoked. See --key."),
        ("keys list --url ftp://user:secret-value@x --key k", 2, "--url is not an address such as https://sous.example, without a user name."),
        ("doctor --url {url}", 2, "--url and --key go together: the address of a remote host, and an API key of it."),
        ("locations map", 2, "'map' needs ID."),
        ("audit list --limit abc", 2, "--limit is a whole number, and not 'abc'."),
        ("audit list --limit 0", 1, "'limit' is a whole number from 1 to 1000."),
        ("audit verify --head 12", 2, "--head is a number of entries and the hash of the last, such as 1200:3f… with 64 digits."),
        ("connections show nope", 1, "There is no connection nope."),
        ("connections list --tenant nobody", 1, "There is no tenant nobody that this key can see."),
        ("connections connect --tenant t1 --driver nobody", 1, "There is no driver 'nobody' that serves."),
        ("connections connect --tenant t1 --driver toast --settings []", 2, "--settings is a JSON object."),
        ("connections connect --tenant t1 --driver toast", 1, "the object is wrong: Required properties [\"restaurants\"] are not present."),
        ("connections reconnect {connection}", 1, "Toast is not connected in a browser."),
        ("changes read --tenant nobody", 1, "There is no tenant nobody that this key can see."),
        ("changes read --tenant t1 --after -1", 1, "'after' is a whole number from 0."),
        ("changes read --tenant t1 --stream Sales", 1, "'stream' is one of sales, catalog, files."),
        ("completion tcsh", 2, "'completion' needs one of: bash, zsh, fish, pwsh."),
        ("sync now nope", 1, "There is no connection nope."),
        ("sync now {connection} --from 2026-13-01", 1, "'from' is a day such as 2026-03-14."),
        ("sync now {connection} --stream Sales", 1, "There is no stream Sales that this key can see."),
        ("sync cancel nope", 1, "There is no run nope that this key can see."),
        ("checkpoints show nope", 1, "There is no connection nope."),
        ("locations map {connection} nope own", 1, "There is no location nope that this key can see."),
        ("days list --tenant t1 --from x", 2, "'x' is not a day such as 2026-03-14."),
        ("deliveries list --tenant nobody", 1, "There is no tenant nobody that this key can see."),
        ("events tail --tenant nobody", 1, "There is no tenant nobody that this key can see."),
        ("emergency revoke-all", 2, "Name either --driver or --tenant."),
        ("secrets rotate-master --new-key-file /nonexistent", 1, "The master key file /nonexistent cannot be read: Could not find file '/nonexistent'."),
        ("logs level Sous debug --for soon", 2, "--for is a span of time, such as 00:10:00 for ten minutes, and not 'soon'."),
        ("plugins verify --plugins /nonexistent.json", 78, "/nonexistent.json: cannot be read: Could not find file '/nonexistent.json'."),
        ("backup /nonexistent/file", 1, "/nonexistent/file cannot be written: Could not find a part of the path '/nonexistent/file.part'."),
        ("restore /nonexistent", 1, "There is no file /nonexistent."),
        ("migrate", 2, "Option '--to' is required."),
        ("migrate --to nowhere", 2, "--to is postgres or embedded."),
        ("adopt", 1, "This host was not restored from a backup: there is nothing to adopt."),
        ("demo --orders -5", 2, "--orders is 0 to 10000000."),
        ("run --urls nonsense", 78, "SOUS_Urls (or --urls) must be http or https addresses without a path, such as http://localhost:5080."),
    ];

    [Fact]
    public async Task Each_ends_with_its_code_and_its_sentence_and_prints_nothing_else()
    {
        var wrong = new System.Collections.Concurrent.ConcurrentBag<string>();

        await Parallel.ForEachAsync(s_rows, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken }, async (row, _) =>
        {
            var line = row.Line.Replace("{url}", host.Client.BaseAddress!.AbsoluteUri, StringComparison.Ordinal).Replace("{connection}", host.Connection, StringComparison.Ordinal);
            var ended = await VerbProcess.RunAsync([.. line.Split(' '), .. TakesData(line) ? new[] { "--data", host.Data } : []]);
            if (ended.Exit != row.Exit || ended.Error.Split(Environment.NewLine)[0] != row.Sentence || ended.Output.Length > 0)
            {
                wrong.Add($"{row.Line}: {ended.Exit} {ended.Error} {ended.Output}");
            }
        });

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("keys create --scope root", 1, "invalid", "The scope is 'admin' or 'tenant:T' with the id of a tenant.")]
    [InlineData("keys revoke nope", 1, "not_found", "The address names nothing that this key can see.")]
    [InlineData("keys list --url http://127.0.0.1:1 --key secret-value", 1, null, "The host does not answer; it may be starting or stopping. Connection refused.")]
    [InlineData("connections show nope", 1, null, "There is no connection nope.")]
    [InlineData("nosuch", 2, null, "Unrecognized command or argument 'nosuch'.")]
    [InlineData("demo --orders -5", 2, null, "--orders is 0 to 10000000.")]
    [InlineData("run --urls nonsense", 78, null, "SOUS_Urls (or --urls) must be http or https addresses without a path, such as http://localhost:5080.")]
    public async Task With_json_it_is_one_object(string line, int exit, string? code, string detail)
    {
        var ended = await VerbProcess.RunAsync([.. line.Split(' '), "--json", .. TakesData(line) ? new[] { "--data", host.Data } : []]);

        var problem = JsonNode.Parse(ended.Error)!.AsObject();
        Assert.Equal((exit, "", code, detail), (ended.Exit, ended.Output, (string?)problem["code"], (string?)problem["detail"]));
        Assert.NotEmpty((string)problem["title"]!);
        Assert.Equal(code == "invalid", problem.ContainsKey("errors"));
    }

    private static bool TakesData(string line)
        => !line.Contains("--url", StringComparison.Ordinal) && line.Split(' ')[0] is not ("nosuch" or "demo" or "restore" or "run" or "completion") && line != "keys" && !line.StartsWith("plugins verify", StringComparison.Ordinal);
}

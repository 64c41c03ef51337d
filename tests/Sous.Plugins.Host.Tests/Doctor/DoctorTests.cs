using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Doctor;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Cli;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Doctor;

/// <summary><c>doctor</c>: each thing that a host stands on is really broken, and named.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DoctorTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly int _port = FreePort.Take();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Nothing_failed_where_all_is_well_and_nothing_was_written()
    {
        await RunOnceAsync();
        var before = _data.Fingerprint();

        var found = await LookAsync();

        Assert.DoesNotContain(found, one => one.State == DiagnosisState.Failed);
        Assert.Contains(found, one => one is { Check: "stores", State: DiagnosisState.Ok });
        Assert.Contains(found, one => one is { Check: "audit trail", State: DiagnosisState.Ok });
        Assert.Equal($"http://localhost:{_port}/oauth/callback/square", found.Single(one => one.Check == "registration square").RedirectAddress);
        Assert.All(found.Where(one => one.State == DiagnosisState.Warning), one => Assert.NotNull(one.Remedy));
        Assert.Equal(before, _data.Fingerprint());
    }

    [Fact]
    public async Task A_folder_in_which_no_host_ever_ran_stays_empty_and_is_well()
    {
        var found = await LookAsync();

        Assert.DoesNotContain(found, one => one.State == DiagnosisState.Failed);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_data.Path));
    }

    [Fact]
    public async Task A_wrong_setting_is_named_and_all_else_is_looked_at()
    {
        await RunOnceAsync();

        var found = await LookAsync(("Syncing:MaxConcurrentRuns", "0"), ("PublicUrl", "http://sous.example"));

        Assert.Equal(["SOUS_PublicUrl needs https; http is for loopback addresses only.", "SOUS_Syncing__MaxConcurrentRuns must be between 1 and 256."], Failures(found, "configuration").Order());
        Assert.Contains(found, one => one is { Check: "stores", State: DiagnosisState.Ok });
    }

    [Fact]
    public async Task A_data_folder_that_others_may_open_is_named()
    {
        await RunOnceAsync();
        File.SetUnixFileMode(_data.File("registry.db"), DataFolder.OwnerFile | UnixFileMode.OtherRead);

        Assert.Equal([$"{_data.File("registry.db")} can be opened by other users than its owner."], Failures(await LookAsync(), "data folder"));
    }

    [Fact]
    public async Task A_data_folder_of_another_user_is_named_and_no_backup_is_to_be_restored_for_it()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root may be somebody else.");
        await RunOnceAsync();
        foreach (var file in Directory.EnumerateFiles(_data.Path))
        {
            File.SetUnixFileMode(file, DataFolder.OwnerFile);
        }

        await ShellAsync("chown", "65534", _data.Path);
        var start = new ProcessStartInfo("setpriv", ["--reuid", "65534", "--clear-groups", "dotnet", VerbProcess.Host, "doctor", "--json", "--data", _data.Path, "--plugins", Plugins]) { RedirectStandardOutput = true };
        start.Environment["HOME"] = "/nonexistent";
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.SkipWhen(output.Length == 0, "Nobody but root can read what was built.");

        var failed = Items(output).Where(item => item.GetProperty("state").GetString() == "failed").ToDictionary(item => item.GetProperty("check").GetString()!, item => item.GetProperty("remedy").GetString()!);
        Assert.Equal(3, process.ExitCode);
        Assert.Contains("data folder", failed.Keys);
        Assert.DoesNotContain("restore", failed.GetValueOrDefault("stores", "") + failed.GetValueOrDefault("keys", ""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_without_room_is_named()
    {
        Assert.SkipUnless(await ShellAsync("mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", _data.Path) == 0, "This machine lets nobody mount a disk.");
        try
        {
            Assert.StartsWith("2 MiB are free", Assert.Single(Failures(await LookAsync(), "disk")), StringComparison.Ordinal);
        }
        finally
        {
            await ShellAsync("umount", _data.Path);
        }
    }

    [Fact]
    public async Task A_master_key_that_is_gone_is_named_and_the_rest_that_needs_none_is_looked_at()
    {
        await RunOnceAsync();
        File.Delete(_data.File("master-key"));

        var found = await LookAsync();

        Assert.StartsWith("The master key is missing", Assert.Single(Failures(found, "keys")), StringComparison.Ordinal);
        Assert.Equal(DiagnosisState.NotChecked, found.Single(one => one.Check == "audit trail").State);
        Assert.Equal(DiagnosisState.Ok, found.Single(one => one.Check == "stores").State);
    }

    [Fact]
    public async Task Keys_that_must_open_a_database_are_not_said_to_do_so_without_a_look_into_it()
    {
        const string Key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

        var found = await LookAsync(("Postgres", "Host=nowhere.invalid"), ("MasterKey", Key));

        Assert.Equal((DiagnosisState.Warning, DiagnosisState.Warning), (found.Single(one => one.Check == "keys").State, found.Single(one => one.Check == "stores").State));
        Assert.Contains("share a master key", Assert.Single(Failures(await LookAsync(("Postgres", "Host=nowhere.invalid")), "keys")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry.db", "The registry")]
    [InlineData("changes.db", "The change store")]
    public async Task A_store_that_is_damaged_is_named(string file, string begins)
    {
        await RunOnceAsync();
        var bytes = await File.ReadAllBytesAsync(_data.File(file), Token);
        bytes.AsSpan(bytes.Length / 4, bytes.Length / 2).Fill(0xA5);
        await File.WriteAllBytesAsync(_data.File(file), bytes, Token);

        var failure = Assert.Single(Failures(await LookAsync(), "stores"));

        Assert.StartsWith(begins, failure, StringComparison.Ordinal);
        Assert.Contains("damaged", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_audit_trail_out_of_which_an_entry_was_taken_is_named()
    {
        await RunOnceAsync();
        await ChangeAsync(transaction => transaction.Delete(AuditEntry.Collection, AuditEntry.KeyOf(1)));

        Assert.Equal(["Entry 1: The entry was taken out."], Failures(await LookAsync(), "audit trail"));
    }

    [Fact]
    public async Task A_clock_behind_what_was_written_is_named()
    {
        await RunOnceAsync();
        await ChangeAsync(transaction => transaction.Append(AuditEntry.Make(TimeProvider.System.GetUtcNow().AddHours(3), AuditEntry.Cli, "test.happened")));

        Assert.Contains("the last entry of the audit trail was written at", Assert.Single(Failures(await LookAsync(), "clock")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_another_program_has_is_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, _port);
        other.Start();

        Assert.StartsWith($"The worker could not listen on http://localhost:{_port}: ", Assert.Single(Failures(await LookAsync(), "ports")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:1", "Failed", "and the worker listens on")]
    [InlineData(null, "Warning", "SOUS_PublicUrl is not set")]
    [InlineData("https://sous.example", "Warning", "no proxy is trusted")]
    public async Task A_public_url_that_leads_elsewhere_is_named(string? url, string state, string says)
    {
        var found = (await LookAsync(("PublicUrl", url), ("Urls", url is null ? "http://localhost:5080" : $"http://localhost:{_port}"))).Single(one => one.Check == "public URL");

        Assert.Equal(state, found.State.ToString());
        Assert.Contains(says, found.Says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_generated_key_is_refused_where_others_reach_the_host()
    {
        await RunOnceAsync();

        Assert.Contains("allowed on loopback only", Assert.Single(Failures(await LookAsync(("PublicUrl", "https://sous.example")), "keys")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_that_is_not_as_it_was_pinned_and_a_file_that_cannot_be_read_are_named()
    {
        using var tree = new PluginsTree();
        tree.Add("Good");
        tree.List(PluginsTree.Entry("good", "Good", $$""", "sha256": "{{new string('0', 64)}}" """));

        var unpinned = await LookAsync(("Plugins", tree.File));
        tree.Write("{");
        var unreadable = await LookAsync(("Plugins", tree.File));

        Assert.NotEmpty(Failures(unpinned, "plugin good"));
        Assert.Contains("is not JSON", Assert.Single(Failures(unreadable, "plugins")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_is_named_and_the_ports_are_looked_at_all_the_same()
    {
        await RunOnceAsync();

        var found = await LookAsync(("PublicListen", $"https://localhost:{FreePort.Take()}"), ("CertificateFile", "/nonexistent.pem"), ("CertificateKeyFile", "/nonexistent.key"));

        Assert.Contains("/nonexistent.pem", Assert.Single(Failures(found, "certificate")), StringComparison.Ordinal);
        Assert.Equal(DiagnosisState.Ok, found.Single(static one => one.Check == "ports").State);
    }

    [Fact]
    public async Task A_client_registration_that_connections_need_and_that_is_half_set_is_named()
    {
        await RunOnceAsync();
        await ChangeAsync(transaction => transaction.Put(Connection.Collection, new Connection
        {
            Id = new ConnectionId("c1"),
            Tenant = new TenantId("t1"),
            Driver = new DriverId("square"),
            Authorization = AuthorizationKind.OauthCode,
            Status = ConnectionStatus.Ok,
            CreatedAt = TimeProvider.System.GetUtcNow(),
            ChangedAt = TimeProvider.System.GetUtcNow(),
        }));

        var found = await LookAsync(("Clients:square:ClientId", "an-id"));

        Assert.Equal(
            ["There is no client registration for driver 'square': set SOUS_Clients__square__ClientSecret to what the service gave you. Its 1 connections cannot renew their grants."],
            Failures(found, "registration square"));
        Assert.Equal(DiagnosisState.Warning, found.Single(one => one.Check == "registration toast").State);
    }

    [Fact]
    public async Task A_running_host_is_asked_itself_and_tells_what_its_next_start_would_meet()
    {
        await using var host = await RunningWorker.StartAsync(("Clients:square:ClientId", "an-id"), ("Clients:square:ClientSecret", "a-secret-of-ours"));
        var data = host.Worker.Get<DataFolder>();

        var well = await host.Admin.GetStringAsync("/api/v1/doctor", Token);
        File.SetUnixFileMode(data.File("master-key"), DataFolder.OwnerFile | UnixFileMode.GroupRead);
        var verb = await VerbProcess.RunAsync(["doctor", "--data", data.Path, "--json"]);

        Assert.DoesNotContain("failed", well, StringComparison.Ordinal);
        Assert.DoesNotContain("a-secret-of-ours", well, StringComparison.Ordinal);
        Assert.Contains("/webhooks/square/", well, StringComparison.Ordinal);
        Assert.Equal(3, verb.Exit);
        Assert.Equal(["data folder", "keys"], Items(verb.Output).Where(item => (string?)item.GetProperty("state").GetString() == "failed").Select(item => item.GetProperty("check").GetString()));
    }

    [Fact]
    public async Task The_verb_prints_a_table_and_ends_by_what_it_found()
    {
        await RunOnceAsync();
        string[] arguments = ["doctor", "--data", _data.Path, "--plugins", Plugins, "--urls", $"http://localhost:{_port}"];

        var url = ("SOUS_PublicUrl", $"http://localhost:{_port}");

        var well = await VerbProcess.RunAsync(arguments, url);
        var noZones = await VerbProcess.RunAsync(arguments, url, ("TZDIR", "/nonexistent"));
        await File.WriteAllTextAsync(_data.File("master-key"), "not a key", Token);
        var broken = await VerbProcess.RunAsync(arguments, url);

        Assert.Equal((0, ""), (well.Exit, well.Error));
        Assert.Contains("✓", well.Output, StringComparison.Ordinal);
        Assert.Contains($"http://localhost:{_port}/oauth/callback/google-drive", well.Output, StringComparison.Ordinal);
        Assert.Equal(3, noZones.Exit);
        Assert.Contains("tzdata", noZones.Output, StringComparison.Ordinal);
        Assert.Equal(3, broken.Exit);
        Assert.Contains("✗", broken.Output, StringComparison.Ordinal);
    }

    private static string Plugins => Path.Combine(Path.GetDirectoryName(PluginsTree.Artifacts)!, "plugins.json");

    private static IEnumerable<string> Failures(IEnumerable<Diagnosis> found, string check)
        => found.Where(one => one.Check == check && one is { State: DiagnosisState.Failed, Remedy: not null }).Select(one => one.Says);

    private static List<JsonElement> Items(string json) => [.. JsonDocument.Parse(json).RootElement.GetProperty("items").EnumerateArray()];

    private static async Task<int> ShellAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(command, arguments);
        await process.WaitForExitAsync(Token);
        return process.ExitCode;
    }

    private HostSettings Settings(params (string Key, string? Value)[] settings)
    {
        var overrides = new Dictionary<string, string?> { ["Urls"] = $"http://localhost:{_port}", ["PublicUrl"] = $"http://localhost:{_port}", ["Plugins"] = Plugins, ["LogLevel"] = "Error" };
        foreach (var (key, value) in settings)
        {
            // A key without a value would hide what the options have by default.
            overrides.Remove(key);
            if (value is not null)
            {
                overrides.Add(key, value);
            }
        }

        return new HostSettings { Data = _data.Path, Overrides = overrides };
    }

    private async Task RunOnceAsync() => await (await Worker.StartAsync(Settings(), Token)).DisposeAsync();

    private async Task<IReadOnlyList<Diagnosis>> LookAsync(params (string Key, string? Value)[] settings)
    {
        using var folder = DataFolder.Open(_data.Path);
        await using var parts = Worker.Compose(Settings(settings), folder);
        return await parts.Services.GetRequiredService<Checkup>().RunAsync(Token);
    }

    private async Task ChangeAsync(Action<IRegistryTransaction> change)
    {
        using var folder = DataFolder.Open(_data.Path);
        await using var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance);
        await registry.WriteAsync(transaction => { change(transaction); return true; }, Token);
    }
}

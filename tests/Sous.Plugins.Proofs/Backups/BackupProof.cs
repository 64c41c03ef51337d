using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Backups;

/// <summary>Invariants 8, 24b and 26b, with real processes: a backup of a host that works, restored, kept still, adopted.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class BackupProof(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_taken_amid_a_sync_restores_to_a_host_that_waits_and_once_adopted_goes_on_where_it_was()
    {
        // Slow enough for the backup to fall amid the sync; and a token that ends then is renewed by who meets it.
        await using var live = await LiveHost.StartAsync(orders: 10_000, latency: TimeSpan.FromMilliseconds(150));
        await WhileAsync(async () => (await live.Platform.ReadFeedAsync(Token)).Entries < 1_000, live.Process);
        (await live.Service.PostAsync("_simulator/tokens/expire", null, Token)).Dispose();
        var made = await live.RunAsync("backup", live.Below("backup.zip"), "--data", live.Data, "--json");
        Assert.Equal((0, ""), (made.Exit, made.Error));
        await live.SlowDownAsync(TimeSpan.Zero);
        await live.Platform.SettleAsync(Token);
        var original = new List<JsonNode>();
        await foreach (var entry in live.Platform.ReadEntriesAsync(Token))
        {
            original.Add(entry);
        }

        await live.Process.StopAsync(Token);

        var restored = await live.RunAsync("restore", live.Below("backup.zip"), "--data", live.Below("copy"));
        Assert.Equal((0, ""), (restored.Exit, restored.Error));
        await using var copy = HostProcess.Start(live.Address, live.Below("copy"), live.Configuration);
        await copy.ReadyAsync(Token);
        using var platform = live.PlatformOf(copy);

        // Still, and says so.
        var ready = await platform.Client.GetAsync("health/ready", Token);
        Assert.Equal(("degraded", "adopt_required"), ((string?)ready["status"], (string?)ready["cause"]));
        Assert.Equal("adopt_required", (string?)(await platform.ViewAsync(Token))["status"]);
        Assert.Contains("not adopted", copy.Output, StringComparison.Ordinal);
        Assert.Equal("adopt_required", (await Assert.ThrowsAsync<HostRefusedException>(() => platform.RunAsync("sales", Token))).Code);

        // Whoever read the feed before starts over, wherever it stood; from the start all that was committed by the backup is there, as it was.
        foreach (var after in (long[])[1, original.Count / 2, original.Count])
        {
            var reset = await Assert.ThrowsAsync<HostRefusedException>(() => platform.Client.GetAsync($"api/v1/tenants/demo/changes?after={after}", Token));
            Assert.Equal((410, "feed_reset"), (reset.StatusCode, reset.Code));
        }

        var atBackup = await platform.ReadFeedAsync(Token);
        Assert.Empty(atBackup.Findings);
        Assert.InRange(atBackup.Entries, 1_000, original.Count - 1);
        Assert.Equal(Hashes(After(atBackup.Entries, original)), Hashes(atBackup));
        Assert.True((long)JsonNode.Parse(made.Output)!["records"]! > 0);
        output.WriteLine($"The backup fell at {atBackup.Entries} of {original.Count} entries.");

        var adopted = await live.RunAsync("adopt", "--data", live.Below("copy"));
        Assert.Equal((0, ""), (adopted.Exit, adopted.Error));
        await WhileAsync(async () => (string?)(await platform.ViewAsync(Token))["status"] != "ok", copy);
        await platform.SettleAsync(Token);
        ServiceTruth.AssertHeldBy(await platform.ReadFeedAsync(Token), await ServiceTruth.ReadAsync(live.Service, Token), "adopted");
        Assert.Equal("ready", (string?)(await platform.Client.GetAsync("health/ready", Token))["status"]);
        Assert.Equal(0, await copy.StopAsync(Token));
    }

    [Fact]
    public async Task A_copy_beside_the_live_host_asks_the_service_nothing_until_it_is_adopted()
    {
        await using var live = await LiveHost.StartAsync(orders: 500);
        Assert.Equal(0, (await live.RunAsync("backup", live.Below("backup.zip"), "--data", live.Data)).Exit);
        Assert.Equal(0, (await live.RunAsync("restore", live.Below("backup.zip"), "--data", live.Below("copy"))).Exit);

        // Whatever the copy sends anywhere comes here.
        using var service = new TcpListener(IPAddress.Loopback, 0);
        service.Start();
        var asked = service.AcceptSocketAsync(Token).AsTask();
        var configuration = new Dictionary<string, string?>(live.Configuration, StringComparer.OrdinalIgnoreCase);
        foreach (var setting in (string[])["ApiUrl", "AuthUrl"])
        {
            configuration[$"Clients:square:{setting}"] = $"http://{service.LocalEndpoint}/";
        }

        var address = HostProcess.FreeAddress();
        configuration["PublicUrl"] = address.GetLeftPart(UriPartial.Authority);
        for (var start = 0; start < 2; start++)
        {
            await using var still = HostProcess.Start(address, live.Below("copy"), configuration);
            await still.ReadyAsync(Token);
            using var platform = live.PlatformOf(still);
            foreach (var path in (string[])["probe", "locations/discover", "syncs/sales/runs", "syncs/catalog/runs", "pause"])
            {
                var refused = await Assert.ThrowsAsync<HostRefusedException>(() => platform.Client.PostAsync($"{platform.Path}/{path}", new JsonObject(), Token));
                Assert.Equal("adopt_required", refused.Code);
            }

            foreach (var path in (string[])["pos/sales?from=2026-01-01&to=2026-01-02", "pos/catalog", "storage/files", "storage/files/x/content"])
            {
                var refused = await Assert.ThrowsAsync<HostRefusedException>(() => platform.Client.GetAsync($"api/v1/tenants/demo/{path}", Token));
                Assert.Equal("adopt_required", refused.Code);
            }

            var deletion = await Assert.ThrowsAsync<HostRefusedException>(() => platform.Client.DeleteAsync(platform.Path, Token));
            Assert.Equal("adopt_required", deletion.Code);
            Assert.Contains("not adopted", still.Output, StringComparison.Ordinal);
            Assert.Equal(0, await still.StopAsync(Token));
        }

        Assert.False(asked.IsCompleted, "The copy asked the service something.");

        // That the listener would have heard of it: adopted, the copy asks at once.
        await using var copy = HostProcess.Start(address, live.Below("copy"), configuration);
        await copy.ReadyAsync(Token);
        Assert.False(asked.IsCompleted, "The copy asked the service something.");
        Assert.Equal(0, (await live.RunAsync("adopt", "--data", live.Below("copy"))).Exit);
        (await asked).Dispose();

        // The live host was not in the way, nor was it disturbed.
        await live.Platform.SettleAsync(Token);
        ServiceTruth.AssertHeldBy(await live.Platform.ReadFeedAsync(Token), await ServiceTruth.ReadAsync(live.Service, Token), "live");
    }

    [Fact]
    public async Task Without_the_right_master_key_or_its_ring_a_restored_folder_starts_nothing_and_stays_as_it_is()
    {
        await using var live = await LiveHost.StartAsync(orders: 200);
        Assert.Equal(0, (await live.RunAsync("backup", live.Below("backup.zip"), "--data", live.Data)).Exit);
        await live.Process.StopAsync(Token);
        Assert.Equal(0, (await live.RunAsync("restore", live.Below("backup.zip"), "--data", live.Below("copy"))).Exit);
        var copy = live.Below("copy");
        var other = new Dictionary<string, string?>(live.Configuration) { ["MasterKey"] = Convert.ToBase64String(new byte[32]) };

        await RefusedAsync(other, "was wrapped by master key");
        await RefusedAsync(new Dictionary<string, string?>(live.Configuration) { ["MasterKey"] = null }, "The master key is missing");

        using (var registry = LiteDbFile.Open(Path.Combine(copy, "registry.db")))
        {
            registry.Apply(registry.Load().List(RingEntry.Collection.Name, "").ToDictionary(static entry => (RingEntry.Collection.Name, entry.Key), static entry => new RegistryEntry(entry.Key, null)));
        }

        await RefusedAsync(live.Configuration, "The key ring is missing");

        async Task RefusedAsync(IReadOnlyDictionary<string, string?> configuration, string sentence)
        {
            var before = Fingerprint(copy);
            await using var host = HostProcess.Start(live.Address, copy, configuration);
            Assert.Equal(78, await host.WaitForExitAsync(Token));
            Assert.Contains(sentence, host.Output, StringComparison.Ordinal);
            Assert.Equal(before, Fingerprint(copy));
        }
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_in_one_sentence_with_exit_code_1_and_nothing_is_written()
    {
        await using var live = await LiveHost.StartAsync(orders: 200);
        var file = live.Below("backup.zip");
        Assert.Equal(0, (await live.RunAsync("backup", file, "--data", live.Data)).Exit);
        await File.WriteAllBytesAsync(live.Below("cut.zip"), (await File.ReadAllBytesAsync(file, Token))[..^10], Token);
        var names = live.Names().ToList();

        await FailsAsync("is there already", "backup", file, "--data", live.Data);
        await FailsAsync("cannot be written", "backup", live.Below("nowhere/backup.zip"), "--data", live.Data);
        await FailsAsync("no backup, or is damaged", "restore", live.Below("cut.zip"), "--data", live.Below("copy"));
        await FailsAsync("There is no file", "restore", live.Below("absent.zip"), "--data", live.Below("copy"));
        await FailsAsync("A host runs on", "restore", file, "--data", live.Data, "--force");
        await FailsAsync("nothing to adopt", "adopt", "--data", live.Data);
        await FailsAsync("No host runs on", "adopt", "--data", live.Below("copy"));
        await live.Process.StopAsync(Token);
        await FailsAsync("is not empty", "restore", file, "--data", live.Data);

        // Offline it is the same verb.
        var offline = await live.RunAsync("backup", file, "--data", live.Data, "--force");
        Assert.Equal((0, ""), (offline.Exit, offline.Error));

        async Task FailsAsync(string sentence, params string[] arguments)
        {
            var failed = await live.RunAsync(arguments);
            Assert.Equal((1, ""), (failed.Exit, failed.Output));
            Assert.Contains(sentence, failed.Error, StringComparison.Ordinal);
            Assert.Single(failed.Error.Split('\n'));
            Assert.Equal(names, live.Names());
        }
    }

    /// <summary>Asks again and again: a process from outside offers no other signal.</summary>
    private static async Task WhileAsync(Func<Task<bool>> holds, HostProcess host)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (await holds())
        {
            Assert.False(patience.IsCancellationRequested, $"What was waited for did not happen:\n{host.Output}");
            await Task.Delay(50, Token);
        }
    }

    /// <summary>The records as they stood after so many entries.</summary>
    private static FeedCheck After(long entries, IEnumerable<JsonNode> feed)
    {
        var check = new FeedCheck();
        foreach (var entry in feed.Take((int)entries))
        {
            check.Take(entry);
        }

        return check;
    }

    private static IEnumerable<string> Hashes(FeedCheck feed) => feed.Current.Select(Hash).Order(StringComparer.Ordinal);

    private static string Hash((string Stream, string Id, JsonNode Entry) record)
        => $"{record.Stream}/{record.Id}/{(long)record.Entry["version"]!}/{Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(record.Entry["record"]!.ToJsonString())))}";

    private static string Fingerprint(string folder) => string.Join('\n', Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(static path => Path.GetFileName(path) == "lock" ? path : $"{path} {File.GetUnixFileMode(path)} {File.GetLastWriteTimeUtc(path).Ticks} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))}"));
}

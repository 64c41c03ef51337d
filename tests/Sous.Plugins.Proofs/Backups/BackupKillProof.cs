using Sous.Plugins.Host.Backup;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Backups;

/// <summary>
/// kill -9 of the verbs, and of the host amid a backup: no half file and no half folder under a name that somebody could take
/// for a whole one. SOUS_KILLS says how often (10), SOUS_SEED repeats a run's choices.
/// </summary>
public sealed class BackupKillProof(ITestOutputHelper output)
{
    private readonly int _kills = Setting.Of("SOUS_KILLS", 10);
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_backup_leaves_no_file_or_a_whole_one_and_the_next_one_goes_through()
    {
        await using var live = await LiveHost.StartAsync(orders: 10_000);
        await live.Platform.SettleAsync(Token);
        var random = new Random(_seed);
        var file = live.Below("backup.zip");
        var took = await TimeAsync(() => live.RunAsync("backup", file, "--data", live.Data));
        File.Delete(file);
        var (cut, ofHost) = (0, 0);
        for (var kill = 0; kill < _kills; kill++)
        {
            var after = took * (0.2 + (1.2 * random.NextDouble()));
            if (kill % 5 == 4)
            {
                ofHost++;
                var backup = live.RunAsync("backup", file, "--data", live.Data, "--force");
                await Task.Delay(after, Token);
                await live.Process.KillAsync();
                var end = await backup;
                Assert.True(end.Exit == 0 || end.Error.Split('\n').Length == 1, $"SOUS_SEED={_seed}: {end.Error}");
                await live.StartAsync();
                Assert.False(Directory.Exists(Path.Combine(live.Data, "backup.tmp")), $"SOUS_SEED={_seed}: a killed host's copies are still there.");
            }
            else
            {
                var isCut = await CommandProcess.KillAsync(after, live.Configuration, "backup", file, "--data", live.Data, "--force");
                cut += isCut ? 1 : 0;
                took = Adapt(took, isCut);
            }

            if (File.Exists(file))
            {
                await using var whole = await BackupFile.OpenAsync(file, Token);
                Assert.True(whole.Manifest.Records > 10_000, $"SOUS_SEED={_seed}");
                File.Delete(file);
            }
        }

        output.WriteLine($"SOUS_SEED={_seed}: {cut} backups cut, {ofHost} hosts killed amid one; kills fell up to {took.TotalSeconds * 1.4:F1} s after the start.");
        Assert.True(cut > 0, "No backup was cut: the proof proves less than it says.");

        // The host gives a cut backup up when it sees that nobody reads it.
        CommandProcess last;
        while ((last = await live.RunAsync("backup", file, "--data", live.Data)).Error.Contains("is being made already", StringComparison.Ordinal))
        {
            await Task.Delay(50, Token);
        }

        Assert.Equal((0, ""), (last.Exit, last.Error));
        Assert.Equal(["backup.zip", "data"], live.Names());
        Assert.False(Directory.Exists(Path.Combine(live.Data, "backup.tmp")));
    }

    [Fact]
    public async Task A_killed_restore_leaves_the_folder_as_it_was_or_whole_and_nothing_of_the_old_is_lost()
    {
        await using var live = await LiveHost.StartAsync(orders: 10_000);
        await live.Platform.SettleAsync(Token);
        var file = live.Below("backup.zip");
        Assert.Equal(0, (await live.RunAsync("backup", file, "--data", live.Data)).Exit);
        await live.Process.StopAsync(Token);
        var random = new Random(_seed);
        var copy = live.Below("copy");
        var took = await TimeAsync(() => live.RunAsync("restore", file, "--data", copy));
        await File.WriteAllTextAsync(Path.Combine(copy, "mark"), "0", Token);
        var cut = 0;
        for (var kill = 0; kill < _kills; kill++)
        {
            var isCut = await CommandProcess.KillAsync(took * (0.2 + (1.2 * random.NextDouble())), live.Configuration, "restore", file, "--data", copy, "--force");
            cut += isCut ? 1 : 0;
            took = Adapt(took, isCut);

            // One folder bears the mark, wherever it is now, and each under a name of its own is whole.
            var folders = live.Names().Where(static name => name.StartsWith("copy", StringComparison.Ordinal) && name != "copy.restoring").Select(live.Below).ToList();
            Assert.Contains(copy, folders);
            Assert.Single(folders, static folder => File.Exists(Path.Combine(folder, "mark")));
            foreach (var folder in folders)
            {
                await IsWholeAsync(live, folder);
            }

            foreach (var other in folders.Where(folder => folder != copy))
            {
                if (File.Exists(Path.Combine(other, "mark")))
                {
                    await File.WriteAllTextAsync(Path.Combine(copy, "mark"), "", Token);
                }

                Directory.Delete(other, recursive: true);
            }
        }

        output.WriteLine($"SOUS_SEED={_seed}: {cut} restores cut; kills fell up to {took.TotalSeconds * 1.4:F1} s after the start.");
        Assert.True(cut > 0, "No restore was cut: the proof proves less than it says.");
        var last = await live.RunAsync("restore", file, "--data", copy, "--force");
        Assert.Equal((0, ""), (last.Exit, last.Error));
        Assert.DoesNotContain("copy.restoring", live.Names());
        await using var host = HostProcess.Start(live.Address, copy, live.Configuration);
        await host.ReadyAsync(Token);
    }

    /// <summary>As the verb reads it that works on a folder itself; it opens both stores and holds the keys against them.</summary>
    private async Task IsWholeAsync(LiveHost live, string folder)
    {
        var read = await live.RunAsync("backup", live.Below("probe.zip"), "--data", folder, "--json");
        Assert.True(read.Exit == 0, $"SOUS_SEED={_seed}: {folder}: {read.Error}");
        Assert.True((long)System.Text.Json.Nodes.JsonNode.Parse(read.Output)!["records"]! > 10_000);
        File.Delete(live.Below("probe.zip"));
    }

    private static async Task<TimeSpan> TimeAsync(Func<Task<CommandProcess>> run)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var end = await run();
        Assert.Equal((0, ""), (end.Exit, end.Error));
        return System.Diagnostics.Stopwatch.GetElapsedTime(started);
    }

    /// <summary>About half are to be cut, however fast the machine is just now.</summary>
    private static TimeSpan Adapt(TimeSpan took, bool isCut) => took * (isCut ? 1.1 : 0.8);
}

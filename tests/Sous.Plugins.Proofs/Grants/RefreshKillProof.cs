using System.Diagnostics;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Grants;

/// <summary>
/// Invariants 3 and 4: kill -9 while a service's answer to a refresh is on its way loses no grant that the service's own rules
/// allow to be kept, and none in silence. Tokens live for seconds, so refreshes never cease; the service strikes when it has
/// granted one, before its answer, with it, or some milliseconds later. SOUS_REFRESH_KILLS says how often by each kind of service (5), SOUS_SEED repeats a run's choices.
/// </summary>
public sealed class RefreshKillProof(ITestOutputHelper output)
{
    private const int Connections = 6;

    private readonly int _kills = Setting.Of("SOUS_REFRESH_KILLS", 5);
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_strict_single_use_tokens_only_answers_that_were_lost_ask_for_the_owner_and_say_so()
    {
        var (lost, flagged, reused, mayBeReused) = await RunAsync(TimeSpan.Zero);

        Assert.True(lost > 0, $"SOUS_SEED={_seed}: no kill fell between an answer and its save: the proof proves less than it says.");
        Assert.Equal(lost, flagged);
        Assert.InRange(reused, 0, mayBeReused);
    }

    [Fact]
    public async Task With_a_service_that_takes_a_token_again_for_a_while_nobody_has_to_reconnect()
    {
        var (lost, flagged, reused, mayBeReused) = await RunAsync(TimeSpan.FromMinutes(2));

        Assert.True(lost > 0, $"SOUS_SEED={_seed}: no kill fell between an answer and its save: the proof proves less than it says.");
        Assert.Equal(0, flagged);
        Assert.InRange(reused, 0, mayBeReused);
    }

    /// <returns>Answers lost, connections flagged, refresh tokens sent again, and how many of those the lost answers account for.</returns>
    private async Task<(int Lost, int Flagged, int Reused, int MayBeReused)> RunAsync(TimeSpan leeway)
    {
        var watch = Stopwatch.StartNew();
        var random = new Random(_seed);
        await using var folder = await RotatingFolder.MakeAsync(new OAuthServerOptions { ReuseLeeway = leeway, AccessTokenLife = TimeSpan.FromSeconds(2) }, cancellationToken: Token);
        var fleet = new GrantFleet(folder);
        await ConnectAsync(folder, fleet);
        var (lost, hits, flagged, mayBeReused, amid) = (0, 0, 0, 0, 0);
        // A few may all miss what is meant to be struck.
        for (var kill = 0; kill < _kills || (lost == 0 && kill < 4 * _kills); kill++)
        {
            // One in four strikes while the host still finds out what the last kills left, as long as enough is well to be struck.
            var isAmidRecovery = random.Next(4) == 0 && fleet.Open.Count <= Connections / 2;
            amid += isAmidRecovery ? 1 : 0;
            await using (var host = folder.Start())
            {
                if (!isAmidRecovery)
                {
                    flagged += await RecoverAsync(host, fleet);
                }

                await KillAsync(host, folder.Service.Tokens, random);
            }

            var more = await fleet.CountLostAsync();
            lost += more;
            hits += more > 0 ? 1 : 0;
            mayBeReused += fleet.Open.Count;
        }

        await using (var host = folder.Start())
        {
            flagged += await RecoverAsync(host, fleet);
        }

        var tokens = folder.Service.Tokens;
        output.WriteLine(
            $"{_kills} kills in {watch.Elapsed:mm\\:ss}, SOUS_SEED={_seed}, reuse window {leeway.TotalSeconds} s: {hits} kills fell between an answer and its save and lost {lost} answers, "
            + $"{amid} struck amid a recovery; {tokens.Refreshes.Count()} refreshes, {tokens.Reuses} tokens sent again ({mayBeReused} may be); {flagged} connections had to be reconnected, none was dead in silence.");
        return (lost, flagged, tokens.Reuses, mayBeReused);
    }

    private static async Task ConnectAsync(RotatingFolder folder, GrantFleet fleet)
    {
        await using var host = await folder.StartAsync(Token);
        using var platform = host.Client();
        await fleet.ConnectAsync(platform, Connections);
        await host.StopAsync(Token);
    }

    /// <returns>How many owners had to reconnect.</returns>
    private static async Task<int> RecoverAsync(HostProcess host, GrantFleet fleet)
    {
        await host.ReadyAsync(Token);
        using var platform = host.Client();
        var flagged = await fleet.SettleAsync(platform);
        foreach (var account in flagged)
        {
            await fleet.ReconnectAsync(platform, account);
        }

        return flagged.Count;
    }

    private static async Task KillAsync(HostProcess host, TokenLog tokens, Random random)
    {
        var refreshes = random.Next(1, Connections + 1);
        var wait = TimeSpan.FromMilliseconds(random.Next(3) == 0 ? 0 : random.Next(60));
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isBeforeAnswer = random.Next(5) == 0;
        if (isBeforeAnswer)
        {
            tokens.Granted = StrikeAsync;
        }
        else
        {
            tokens.Answered = StrikeAsync;
        }

        await killed.Task.WaitAsync(TimeSpan.FromMinutes(2), Token);
        tokens.Granted = tokens.Answered = null;
        while (tokens.InFlight > 0)
        {
            await Task.Delay(5, Token);
        }

        async Task StrikeAsync(TokenCall call)
        {
            if (call.Grant == "refresh_token" && Interlocked.Decrement(ref refreshes) == 0)
            {
                if (!isBeforeAnswer && wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, Token);
                }

                await host.KillAsync();
                killed.TrySetResult();
            }
        }
    }
}

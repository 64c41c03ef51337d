using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage.Sqlite;
using Sous.Plugins.Host.Webhooks;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Webhooks;

/// <summary>Invariant 24 in a flood: SOUS_FORGED badly signed webhooks (20,000) among 1,000 genuine ones, at the real host; and genuine ones for SOUS_PACED_SECONDS (2).</summary>
public sealed class WebhookFloodProof(ITestOutputHelper output)
{
    private const string Secret = "SOUSCANARY-flood-webhook-secret";
    private const int Genuine = 1_000;
    private const int First = 200;
    private const int Accounts = 20;
    private const int AtOnce = 64;
    private const long MostGrowth = 128L << 20;

    /// <summary>A second.</summary>
    private const int Pace = 200;

    private readonly int _seconds = Setting.Of("SOUS_PACED_SECONDS", 2);
    private readonly int _forged = Setting.Of("SOUS_FORGED", 20_000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_genuine_webhook_is_kept_and_no_other_and_memory_stays_in_bounds()
    {
        // Arrange
        await using var host = Start();
        var registered = await RegisterAsync(host);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = AtOnce });
        var forged = RandomNumberGenerator.GetBytes(26_000);
        await WarmUpAsync(http, registered, forged);
        var before = host.ReadResident();

        // Act
        var order = Enumerable.Range(0, Genuine + _forged).ToArray();
        Random.Shared.Shuffle(order);
        var (waits, refusals) = (new ConcurrentBag<TimeSpan>(), new ConcurrentBag<TimeSpan>());
        var answers = new ConcurrentDictionary<(bool Genuine, HttpStatusCode Status), int>();
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(order, Options, async (number, _) =>
        {
            var body = number < Genuine ? Encoding.UTF8.GetBytes(Body(number)) : forged;
            var begun = Stopwatch.GetTimestamp();
            var status = await PostAsync(http, registered, body, number < Genuine ? Sign(registered, body) : Sign(registered, [.. body, 0]));
            answers.AddOrUpdate((number < Genuine, status), 1, static (_, earlier) => earlier + 1);
            (number < Genuine ? waits : refusals).Add(Stopwatch.GetElapsedTime(begun));
        });
        var rate = order.Length / Stopwatch.GetElapsedTime(started).TotalSeconds;
        var growth = host.ReadResident() - before;
        await host.StopAsync(Token);

        // Assert
        Assert.Equal(
            new Dictionary<(bool, HttpStatusCode), int> { [(true, HttpStatusCode.OK)] = Genuine, [(false, HttpStatusCode.Unauthorized)] = _forged },
            answers.ToDictionary());
        Assert.Equal(Genuine + First, await CountKeptAsync(host.Data));
        Assert.InRange(growth, long.MinValue, MostGrowth);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Genuine} kept of {Genuine + _forged} at {rate:0}/s; acknowledged after {Tell(waits)}, refused after {Tell(refusals)}; memory grew by {growth >> 20} MiB."));
        Directory.Delete(host.Data, recursive: true);
    }

    [Fact]
    public async Task At_a_steady_pace_each_is_acknowledged_and_kept_and_the_time_that_it_takes_is_told()
    {
        // Arrange
        await using var host = Start();
        var registered = await RegisterAsync(host);
        using var http = new HttpClient();
        await WarmUpAsync(http, registered, RandomNumberGenerator.GetBytes(26_000));

        // Act: each when it is due, however long those before it take.
        var waits = new ConcurrentBag<TimeSpan>();
        var started = Stopwatch.GetTimestamp();
        var statuses = await Task.WhenAll(Enumerable.Range(0, Pace * _seconds).Select(async number =>
        {
            var due = TimeSpan.FromSeconds((double)number / Pace);
            if (due - Stopwatch.GetElapsedTime(started) is var wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, Token);
            }

            var begun = Stopwatch.GetTimestamp();
            var body = Encoding.UTF8.GetBytes(Body(Genuine + First + number));
            var status = await PostAsync(http, registered, body, Sign(registered, body));
            waits.Add(Stopwatch.GetElapsedTime(begun));
            return status;
        }));
        await host.StopAsync(Token);

        // Assert
        Assert.All(statuses, static status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal(Math.Min(statuses.Length + First, Accounts * IInbox.MostOfAccount), await CountKeptAsync(host.Data));
        output.WriteLine($"{statuses.Length} at {Pace} a second: acknowledged after {Tell(waits)}, at most {waits.Max().TotalMilliseconds:0} ms.");
        Directory.Delete(host.Data, recursive: true);
    }

    private static HostProcess Start()
    {
        var address = HostProcess.FreeAddress();
        var configuration = new Dictionary<string, string?> { ["LogLevel"] = "Warning", ["Clients:square:WebhookSecret"] = Secret, ["PublicUrl"] = address.GetLeftPart(UriPartial.Authority) };
        return HostProcess.Start(address, Directory.CreateTempSubdirectory("sous-flood-").FullName, configuration);
    }

    /// <returns>The address that is to be registered.</returns>
    private static async Task<Uri> RegisterAsync(HostProcess host)
    {
        await host.ReadyAsync(Token);
        using var client = host.Client();
        return new Uri((string)(await client.GetAsync("api/v1/drivers/square", Token))["webhook"]!["address"]!);
    }

    /// <summary>Compiling is no part of what is measured: some of either kind come first.</summary>
    private static Task WarmUpAsync(HttpClient http, Uri registered, byte[] forged) => Parallel.ForEachAsync(Enumerable.Range(Genuine, 2 * First), Options, async (number, _) =>
    {
        var body = number < Genuine + First ? Encoding.UTF8.GetBytes(Body(number)) : forged;
        await PostAsync(http, registered, body, number < Genuine + First ? Sign(registered, body) : "forged");
    });

    private static async Task<long> CountKeptAsync(string data)
    {
        await using var store = SqliteChangeStore.Open(Path.Combine(data, "changes.db"));
        return (await store.Inbox.ReadNewAsync(10_000, Token)).Count + await store.Inbox.CountUnclaimedAsync(new DriverId("square"), Token);
    }

    private static string Tell(IReadOnlyCollection<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Count / 2].TotalMilliseconds:0} ms (p50; p99 {sorted[sorted.Count * 99 / 100].TotalMilliseconds:0} ms)");
    }

    private static ParallelOptions Options => new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = Token };

    private static string Body(int number)
        => $$"""{ "merchant_id":"ML{{number % Accounts}}","type":"order.updated","event_id":"flood-{{number}}","data":{"type":"order_updated","object":{"order_updated":{"order_id":"o{{number}}","location_id":"L1"} } } }""";

    private static string Sign(Uri address, byte[] body)
        => Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), (byte[])[.. Encoding.UTF8.GetBytes(address.AbsoluteUri), .. body]));

    private static async Task<HttpStatusCode> PostAsync(HttpClient http, Uri address, byte[] body, string signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Headers.Add("x-square-hmacsha256-signature", signature);
        using var answer = await http.SendAsync(request, Token);
        return answer.StatusCode;
    }
}

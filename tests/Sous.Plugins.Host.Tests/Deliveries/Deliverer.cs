using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Deliveries;

/// <summary>A host with the deliveries' room, and a platform's endpoint beside it.</summary>
internal sealed class Deliverer(AuthorizationApp app, WebhookReceiver receiver) : IAsyncDisposable
{
    public const string Tenant = "t1";

    public AuthorizationApp App { get; } = app;

    public WebhookReceiver Receiver { get; } = receiver;

    public IOutbox Outbox => App.Get<IOutbox>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<Deliverer> StartAsync(params (string Key, string? Value)[] settings)
        => new(await AuthorizationApp.StartAsync(settings), await WebhookReceiver.StartAsync(Token));

    /// <summary>Returns the answer, secret and all.</summary>
    public Task<JsonElement> SubscribeAsync(params string[] events) => SubscribeAsync(Receiver, events);

    public Task<JsonElement> SubscribeAsync(WebhookReceiver other, params string[] events) => PostAsync("subscriptions", new { url = other.Address, events = events.Length == 0 ? null : events }, HttpStatusCode.Created);

    public async Task<JsonElement> PostAsync(string path, object? body, HttpStatusCode expected)
    {
        using var response = await App.Admin.PostAsJsonAsync($"/api/v1/tenants/{Tenant}/{path}", body ?? new { }, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == expected, text);
        return JsonDocument.Parse(text).RootElement;
    }

    public Task<JsonElement> GetAsync(string path) => App.GetAsync($"/api/v1/tenants/{Tenant}/{path}");

    public async Task<List<JsonElement>> DeliveriesAsync(string query = "") => [.. (await GetAsync($"deliveries{query}")).GetProperty("items").EnumerateArray()];

    /// <summary>Something happens to a connection, or to its records.</summary>
    public Task TellAsync(string connection, params string[] types) => App.Get<EventLog>().WriteAsync(
        transaction =>
        {
            foreach (var type in types)
            {
                EventLog.Append(transaction, new PlatformEvent { Type = type, Tenant = new TenantId(Tenant), At = App.Clock.GetUtcNow(), Connection = new ConnectionId(connection) });
            }
        },
        Token);

    /// <summary>Waits on what happens in the background; the clock stands, but what is due now is let go.</summary>
    public async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (!await holds())
        {
            Assert.False(deadline.IsCancellationRequested, $"What was waited for did not happen within two minutes.\n{string.Join('\n', App.Logs.Lines.TakeLast(20))}");
            App.Clock.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Delay(5, Token);
        }
    }

    public Task EventuallyAsync(Func<bool> holds) => EventuallyAsync(() => Task.FromResult(holds()));

    /// <summary>Waits until every attempt that is due was made and noted.</summary>
    public Task SettleAsync() => EventuallyAsync(async () =>
    {
        var subscriptions = (await GetAsync("subscriptions")).GetProperty("items").EnumerateArray().ToList();
        var head = (await GetAsync("events?limit=1000")).GetProperty("items").EnumerateArray().Select(static told => told.GetProperty("sequence").GetInt64()).LastOrDefault();
        foreach (var subscription in subscriptions.Where(static one => one.GetProperty("state").GetString() != "disabled"))
        {
            var id = subscription.GetProperty("id").GetString()!;
            var position = await Outbox.FindPositionAsync(id, Token) ?? (await App.Get<SubscriptionStore>().FindAsync(new SubscriptionKey(new TenantId(Tenant), id), Token))!.After;
            if (position != head || (subscription.TryGetProperty("nextAttempt", out var next) && next.GetDateTimeOffset() <= App.Clock.GetUtcNow()))
            {
                return false;
            }
        }

        return true;
    });

    /// <summary>Lets time pass, with every attempt made when it is due.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        for (var end = App.Clock.GetUtcNow() + time; ;)
        {
            await SettleAsync();
            var next = (await GetAsync("subscriptions")).GetProperty("items").EnumerateArray()
                .Select(static one => one.TryGetProperty("nextAttempt", out var due) ? due.GetDateTimeOffset() : (DateTimeOffset?)null).Min();
            if (next is null || next > end)
            {
                App.Clock.Advance(end > App.Clock.GetUtcNow() ? end - App.Clock.GetUtcNow() : TimeSpan.Zero);
                await SettleAsync();
                return;
            }

            App.Clock.Advance(next > App.Clock.GetUtcNow() ? next.Value - App.Clock.GetUtcNow() : TimeSpan.FromMilliseconds(1));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Receiver.DisposeAsync();
    }
}

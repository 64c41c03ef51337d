using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Deliveries;

internal static class DeliveriesEndpoint
{
    private const int UsualLimit = 100;
    private const int MostLimit = 1000;
    private const int LongestData = 256 << 10;

    public static void MapDeliveries(this IEndpointRouteBuilder routes)
    {
        var tenant = routes.MapGroup("/api/v1/tenants/{tenant}").RequireAccess(AccessLevel.Tenant);
        tenant.MapGet("deliveries", ListAsync)
            .Describe("listDeliveries", "Lists the tenant's deliveries")
            .TakesOneOf<DeliveryState>("state", "Those in this state alone.")
            .TakesText("subscription", 100, "Those of this subscription alone.")
            .TakesNumber("after", 0, long.MaxValue, 0, "`next` of the page before.")
            .TakesNumber("limit", 1, MostLimit, UsualLimit, "How many at most.");
        tenant.MapGet("deliveries/{id}", FindAsync)
            .Describe("getDelivery", "Tells of one delivery", "With what is sent and each attempt.");
        tenant.MapPost("deliveries/{id}/replay", ReplayAsync)
            .Describe("replayDelivery", "Sends a delivery again", "As it was, or with other data.")
            .Example("""{ "data": { "sequence": 12 } }""")
            .Conflicts("delivery_canceled");
        tenant.MapPost("subscriptions/{id}/replay", ReplayDeadAsync)
            .Describe("replayDeadDeliveries", "Sends all dead deliveries of a subscription again");
    }

    private static async Task<Results<Ok<ItemList<DeliveryView>>, ProblemHttpResult>> ListAsync(TenantId tenant, HttpRequest request, IOutbox outbox, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(request.Query);
        var state = parameters.OneOf<DeliveryState>("state");
        var subscription = parameters.Text("subscription", 100);
        var after = parameters.Number("after", 0, long.MaxValue, 0);
        var limit = (int)parameters.Number("limit", 1, MostLimit, UsualLimit);
        if (parameters.Errors is { Count: > 0 } errors)
        {
            return Problems.Invalid([.. errors]);
        }

        var found = await outbox.ListAsync(new DeliveryQuery(tenant, subscription, state, after, limit + 1), cancellationToken);
        var items = found.Take(limit).ToList();
        return TypedResults.Ok(new ItemList<DeliveryView>([.. items.Select(static one => DeliveryView.Of(one))], found.Count > limit ? items[^1].No.ToString(CultureInfo.InvariantCulture) : null));
    }

    private static async Task<Results<Ok<DeliveryView>, ProblemHttpResult>> FindAsync(TenantId tenant, string id, IOutbox outbox, CancellationToken cancellationToken)
        => await ViewAsync(tenant, id, outbox, cancellationToken) is { } view ? TypedResults.Ok(view) : Problems.NotFound();

    public static async Task<Results<Accepted<DeliveryView>, ProblemHttpResult>> ReplayAsync(
        TenantId tenant, string id, ReplayRequest? request, Caller caller, IOutbox outbox, DeliveryReplays replays, CancellationToken cancellationToken)
    {
        if (await outbox.FindAsync(tenant, id, cancellationToken) is not { } delivery)
        {
            return Problems.NotFound();
        }

        var data = request?.Data;
        if (data is { } given && (given.ValueKind != JsonValueKind.Object || given.GetRawText().Length > LongestData))
        {
            return Problems.Invalid(("data", $"'data' is an object of at most {LongestData} characters; leave it out to send the delivery as it is."));
        }

        var sent = data is { } edited
            ? await replays.EditAsync(delivery, edited, caller.KeyId, cancellationToken)
            : await replays.ReplayAsync(delivery, caller.KeyId, cancellationToken);
        if (sent is null)
        {
            return Problems.Conflict("delivery_canceled", "The delivery was canceled: it is sent edited already, or its records are gone.");
        }

        return await ViewAsync(tenant, sent, outbox, cancellationToken) is { } view ? TypedResults.Accepted($"/api/v1/tenants/{tenant}/deliveries/{sent}", view) : Problems.NotFound();
    }

    public static async Task<Results<Accepted<Replayed>, ProblemHttpResult>> ReplayDeadAsync(
        TenantId tenant, string id, Caller caller, SubscriptionStore subscriptions, DeliveryReplays replays, CancellationToken cancellationToken)
    {
        var key = new SubscriptionKey(tenant, id);
        return await subscriptions.FindAsync(key, cancellationToken) is null
            ? Problems.NotFound()
            : TypedResults.Accepted((string?)null, new Replayed(await replays.ReplayDeadAsync(key, caller.KeyId, cancellationToken)));
    }

    private static async Task<DeliveryView?> ViewAsync(TenantId tenant, string id, IOutbox outbox, CancellationToken cancellationToken)
        => await outbox.FindAsync(tenant, id, cancellationToken) is { } delivery ? DeliveryView.Of(delivery, await outbox.ListAttemptsAsync(delivery, cancellationToken)) : null;

    /// <param name="Data">Sent in place of what was; absent to send it as it is.</param>
    internal sealed record ReplayRequest(JsonElement? Data = null);

    /// <param name="Count">How many dead deliveries are sent again.</param>
    internal sealed record Replayed(long Count);
}

using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Http.Versions;

namespace Sous.Plugins.Host.Deliveries.Subscriptions;

internal static class SubscriptionsEndpoint
{
    private const int LongestOverlap = 30 * 24;

    public static void MapSubscriptions(this IEndpointRouteBuilder routes)
    {
        var subscriptions = routes.MapGroup("/api/v1/tenants/{tenant}/subscriptions").RequireAccess(AccessLevel.Tenant);
        subscriptions.MapGet("", ListAsync)
            .Describe("listSubscriptions", "Lists the addresses that want the tenant's events").IsPaged();
        subscriptions.MapPost("", CreateAsync)
            .Describe("createSubscription", "Has events delivered to an address", "Signed by the Standard Webhooks specification, in order, retried for three days. The secret is in this answer and never again.")
            .Example("""{ "url": "https://platform.example/sous", "events": ["order.*", "connection.needs_reconnect"] }""")
            .Conflicts("too_many_subscriptions");
        subscriptions.MapGet("{id}", FindAsync)
            .Describe("getSubscription", "Tells of one subscription")
            .TellsVersion();
        subscriptions.MapDelete("{id}", DeleteAsync)
            .Describe("deleteSubscription", "Ends a subscription", "What waits for it is not delivered.")
            .EditsVersion();
        subscriptions.MapPost("{id}/rotate-secret", RotateAsync)
            .Describe("rotateSubscriptionSecret", "Gives a subscription another secret", "The old one signs beside it for a while.")
            .Example("""{ "overlapHours": 24 }""");
        subscriptions.MapPost("{id}/enable", EnableAsync)
            .Describe("enableSubscription", "Has a disabled subscription deliver again");
    }

    private static async Task<Ok<ItemList<SubscriptionView>>> ListAsync(TenantId tenant, PageQuery page, SubscriptionStore subscriptions, SubscriptionViews views, CancellationToken cancellationToken)
    {
        var wanted = page.Of(await subscriptions.ListAsync(tenant, cancellationToken), static subscription => subscription.Id);
        var items = new List<SubscriptionView>();
        foreach (var subscription in wanted.Items)
        {
            items.Add(await views.OfAsync(subscription, null, cancellationToken));
        }

        return TypedResults.Ok(new ItemList<SubscriptionView>(items, wanted.Next));
    }

    private static async Task<Results<Created<SubscriptionView>, ProblemHttpResult>> CreateAsync(
        TenantId tenant,
        NewSubscription request,
        Caller caller,
        SubscriptionStore subscriptions,
        DeliveryAddresses addresses,
        IOptionsMonitor<AuthorizationOptions> options,
        SubscriptionViews views,
        CancellationToken cancellationToken)
    {
        var wanted = request.Events ?? EventFilter.All;
        (string, string?)[] faults =
        [
            ("url", addresses.FaultOf(request.Url)),
            ("events", EventFilter.FaultOf(wanted)),
            ("returnTo", request.ReturnTo is { } id && !options.CurrentValue.ReturnAddresses.ContainsKey(id) ? "'returnTo' is the id of an address that is registered as SOUS_ReturnAddresses__ID." : null),
            ("after", request.After < 0 ? "'after' is a position in the tenant's log of events, from 0." : null),
        ];
        if (faults.Where(static fault => fault.Item2 is not null).Select(static fault => (fault.Item1, fault.Item2 ?? "")).ToArray() is { Length: > 0 } errors)
        {
            return Problems.Invalid(errors);
        }

        return await subscriptions.AddAsync(tenant, new Uri(request.Url ?? ""), [.. wanted.Distinct()], request.ReturnTo, request.After, caller.KeyId, cancellationToken) is { } made
            ? TypedResults.Created($"/api/v1/tenants/{tenant}/subscriptions/{made.Made.Id}", await views.OfAsync(made.Made, made.Secret, cancellationToken))
            : Problems.Conflict("too_many_subscriptions", "The tenant has as many subscriptions as it may. Delete one first.");
    }

    private static async Task<Results<Ok<SubscriptionView>, ProblemHttpResult>> FindAsync(
        TenantId tenant, string id, SubscriptionStore subscriptions, SubscriptionViews views, CancellationToken cancellationToken)
        => await subscriptions.FindAsync(new SubscriptionKey(tenant, id), cancellationToken) is { } subscription
            ? TypedResults.Ok(await views.OfAsync(subscription, null, cancellationToken))
            : Problems.NotFound();

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        TenantId tenant, string id, IfMatch match, Caller caller, SubscriptionStore subscriptions, CancellationToken cancellationToken)
        => await subscriptions.DeleteAsync(new SubscriptionKey(tenant, id), match, caller.KeyId, cancellationToken) ? TypedResults.NoContent() : Problems.NotFound();

    private static async Task<Results<Ok<SubscriptionView>, ProblemHttpResult>> RotateAsync(
        TenantId tenant, string id, RotateRequest? request, Caller caller, SubscriptionStore subscriptions, SubscriptionViews views, CancellationToken cancellationToken)
    {
        if (request?.OverlapHours is < 0 or > LongestOverlap)
        {
            return Problems.Invalid(("overlapHours", $"'overlapHours' is 0 to {LongestOverlap}: for so long the old secret signs beside the new one."));
        }

        TimeSpan? overlap = request?.OverlapHours is { } hours ? TimeSpan.FromHours(hours) : null;
        return await subscriptions.RotateAsync(new SubscriptionKey(tenant, id), overlap, caller.KeyId, cancellationToken) is { } rotated
            ? TypedResults.Ok(await views.OfAsync(rotated.Changed, rotated.Secret, cancellationToken))
            : Problems.NotFound();
    }

    public static async Task<Results<Ok<SubscriptionView>, ProblemHttpResult>> EnableAsync(
        TenantId tenant, string id, Caller caller, SubscriptionStore subscriptions, DeliveryWorker worker, SubscriptionViews views, CancellationToken cancellationToken)
    {
        var key = new SubscriptionKey(tenant, id);
        if (await subscriptions.EnableAsync(key, caller.KeyId, cancellationToken) is not { } enabled)
        {
            return Problems.NotFound();
        }

        worker.Wake(key);
        return TypedResults.Ok(await views.OfAsync(enabled, null, cancellationToken));
    }

    /// <param name="Url">Where the deliveries go.</param>
    /// <param name="Events">Types, families such as <c>order.*</c>, or all where there is none.</param>
    /// <param name="ReturnTo">Where owners come back to who reconnect by the address in an event; needed only where several are registered.</param>
    /// <param name="After">The position in the tenant's log of events to begin after; its end where there is none.</param>
    internal sealed record NewSubscription([property: Required] string? Url, IReadOnlyList<string>? Events = null, string? ReturnTo = null, long? After = null);

    /// <param name="OverlapHours">For how long the old secret signs beside the new one.</param>
    internal sealed record RotateRequest([property: Range(0, LongestOverlap)] int? OverlapHours = null);
}

using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;

namespace Sous.Plugins.Host.Dashboard.Deliveries;

/// <summary>The buttons of deliveries: what the API does, answered by a page.</summary>
internal static class DeliveryActions
{
    public static void Map(RouteGroupBuilder pages)
    {
        var actions = pages.MapGroup("/dashboard/tenants/{tenant}").RequireAccess(AccessLevel.Tenant);
        actions.MapPost("subscriptions/{id}/enable", EnableAsync);
        actions.MapPost("subscriptions/{id}/replay", ReplayDeadAsync);
        actions.MapPost("deliveries/{id}/replay", ReplayAsync);
        actions.MapPost("deliveries/{id}/edit", EditAsync);
    }

    private static async Task<IResult> EnableAsync(
        TenantId tenant, string id, Caller caller, SubscriptionStore subscriptions, DeliveryWorker worker, SubscriptionViews views, CancellationToken cancellationToken)
        => Answer((await SubscriptionsEndpoint.EnableAsync(tenant, id, caller, subscriptions, worker, views, cancellationToken)).Result, SubscriptionCard.AddressOf(tenant, id));

    private static async Task<IResult> ReplayDeadAsync(
        TenantId tenant, string id, Caller caller, SubscriptionStore subscriptions, DeliveryReplays replays, CancellationToken cancellationToken)
        => Answer((await DeliveriesEndpoint.ReplayDeadAsync(tenant, id, caller, subscriptions, replays, cancellationToken)).Result, SubscriptionCard.AddressOf(tenant, id));

    private static async Task<IResult> ReplayAsync(TenantId tenant, string id, Caller caller, IOutbox outbox, DeliveryReplays replays, CancellationToken cancellationToken)
        => Answer((await DeliveriesEndpoint.ReplayAsync(tenant, id, null, caller, outbox, replays, cancellationToken)).Result, DeliveryPage.AddressOf(tenant, id));

    private static async Task<IResult> EditAsync(
        TenantId tenant, string id, HttpRequest request, Caller caller, IOutbox outbox, DeliveryReplays replays, DeliveryPage page, CancellationToken cancellationToken)
    {
        var text = (await FormFields.ReadAsync(request, cancellationToken))["data"].ToString();
        var answer = Read(text) is { } data
            ? (await DeliveriesEndpoint.ReplayAsync(tenant, id, new DeliveriesEndpoint.ReplayRequest(data), caller, outbox, replays, cancellationToken)).Result
            : null;
        return answer switch
        {
            null or ProblemHttpResult { StatusCode: StatusCodes.Status400BadRequest } => await page.ShowAsync(tenant, id, text, cancellationToken),
            Accepted<DeliveryView> { Value: { } sent } => Answer(answer, DeliveryPage.AddressOf(tenant, sent.Id)),
            _ => Answer(answer, DeliveryPage.AddressOf(tenant, id)),
        };
    }

    private static JsonElement? Read(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IResult Answer(IResult result, string address) => result is ProblemHttpResult ? result : new SeeOther(new Uri(address, UriKind.Relative));
}

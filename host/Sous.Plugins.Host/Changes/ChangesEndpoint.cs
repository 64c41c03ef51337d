using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

internal static class ChangesEndpoint
{
    private const int UsualLimit = 100;
    private const int MostLimit = 1000;
    private const int MostSeconds = 30;

    public static void MapChanges(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/tenants/{tenant}/changes", ReadAsync).RequireAccess(AccessLevel.Tenant)
            .Describe("readChanges", "Reads the tenant's change feed", "In order, from a sequence on. Go on from `next` as long as it says `more`; later, wait for what is new. A page has 8 MiB of records at most.")
            .TakesNumber("after", 0, long.MaxValue, 0, "The sequence to read past: `next` of the page before, 0 for the beginning.")
            .TakesText("feed", 100, "The feed that `after` is a sequence of, as its pages tell. Another one is answered by 410.")
            .TakesOneOf("stream", "This stream alone.", "sales", "catalog", "files")
            .TakesText("location", 200, "This location alone, by the platform's own id.")
            .TakesNumber("limit", 1, MostLimit, UsualLimit, "How many changes at most.")
            .TakesNumber("wait", 0, MostSeconds, 0, "For how many seconds an empty answer waits for a change.")
            .Refuses(StatusCodes.Status410Gone, "feed_reset");

    private static async Task<Results<FeedResult, ProblemHttpResult>> ReadAsync(
        string tenant, HttpRequest request, IChangeStore store, TimeProvider clock, IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(request.Query);
        var query = new FeedQuery(
            new TenantId(tenant),
            parameters.Number("after", 0, long.MaxValue, 0),
            parameters.OneOf("stream", "sales", "catalog", "files") is { } stream ? new StreamName(stream) : null,
            parameters.Text("location", 200),
            (int)parameters.Number("limit", 1, MostLimit, UsualLimit),
            parameters.Text("feed", 100));
        var wait = TimeSpan.FromSeconds(parameters.Number("wait", 0, MostSeconds, 0));
        if (parameters.Errors is { Count: > 0 } errors)
        {
            return Problems.Invalid([.. errors]);
        }

        try
        {
            using var limit = new CancellationTokenSource(wait, clock);
            // A reader that waits does not hold up the host's end.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, lifetime.ApplicationStopping, cancellationToken);
            return new FeedResult(await ReadOrWaitAsync(store, query, patience.Token, cancellationToken));
        }
        catch (FeedResetException e)
        {
            return Problems.Gone("feed_reset", e.Message, ("feed", e.Feed), ("after", 0));
        }
    }

    private static async Task<FeedPage> ReadOrWaitAsync(IChangeStore store, FeedQuery query, CancellationToken patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await store.ReadChangesAsync(query, cancellationToken);
            if (page.Changes.Count > 0 || page.More || patience.IsCancellationRequested)
            {
                return page;
            }

            try
            {
                await store.WaitForChangesAsync(query.Tenant, page.Next, patience);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return page;
            }

            query = query with { After = page.Next };
        }
    }
}

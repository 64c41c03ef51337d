using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Audit;

internal static class AuditEndpoint
{
    private const int UsualLimit = 100;
    private const int MostLimit = 1_000;

    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        var audit = routes.MapGroup("/api/v1/audit").RequireAccess(AccessLevel.Admin);
        audit.MapGet("", ListAsync)
            .Describe("readAudit", "Reads the audit trail", "What was changed and what was refused, the oldest first.")
            .TakesNumber("after", 0, long.MaxValue, 0, "`next` of the page before.")
            .TakesNumber("limit", 1, MostLimit, UsualLimit, "How many at most.");
        audit.MapGet("verification", VerifyAsync)
            .Describe("verifyAudit", "Verifies that the audit trail is whole and unchanged", "With `entries` and `head`, also that it goes on from where it stood then.")
            .TakesNumber("entries", 0, long.MaxValue, 0, "How many entries there were.")
            .TakesText("head", 64, "The hash of the last of them.");
    }

    /// <summary>Oldest first; <c>next</c> is the place to read on from, and absent at the end.</summary>
    private static async Task<Results<Ok<ItemList<AuditView>>, ProblemHttpResult>> ListAsync(HttpContext context, AuditVerification trail, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(context.Request.Query);
        var after = Math.Min(parameters.Number("after", 0, long.MaxValue, 0), long.MaxValue - MostLimit - 1);
        var limit = (int)parameters.Number("limit", 1, MostLimit, UsualLimit);
        if (parameters.Errors.Count > 0)
        {
            return Problems.Invalid([.. parameters.Errors]);
        }

        var entries = await trail.ReadAsync(after, limit, cancellationToken);
        var next = entries.Count < limit ? null : entries[^1].Sequence.ToString(CultureInfo.InvariantCulture);
        return TypedResults.Ok(new ItemList<AuditView>([.. entries.Select(AuditView.Of)], next));
    }

    private static async Task<Results<Ok<AuditVerdict>, ProblemHttpResult>> VerifyAsync(HttpContext context, AuditVerification trail, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(context.Request.Query);
        var entries = parameters.Number("entries", 0, long.MaxValue, 0);
        var head = parameters.Text("head", 64);
        if (head is not null != context.Request.Query.ContainsKey("entries"))
        {
            parameters.Fail("head", "'entries' and 'head' go together: how many entries there were, and the hash of the last of them.");
        }

        if (parameters.Errors.Count > 0)
        {
            return Problems.Invalid([.. parameters.Errors]);
        }

        return TypedResults.Ok(await trail.VerifyAsync(head is null ? null : AuditHead.Beginning with { Sequence = entries, Hash = head }, cancellationToken));
    }

    /// <param name="Sequence">Its place.</param>
    /// <param name="Hash">Over all of it and the hash before.</param>
    internal sealed record AuditView(long Sequence, DateTimeOffset At, string Actor, string Action, string? Tenant, string? Target, string? Detail, string? Hash)
    {
        public static AuditView Of(AuditEntry entry) => new(entry.Sequence, entry.At, entry.Actor, entry.Action, entry.Tenant?.Value, entry.Target, entry.Detail, entry.Hash);
    }
}

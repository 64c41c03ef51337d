using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Locations.Suggestions;

/// <summary>Where the platform says which locations a tenant has, so that suggestions can be made before anything is mapped.</summary>
internal static class OwnLocationsEndpoint
{
    private const int Most = 2_000;
    private const int LongestText = 500;

    public static void MapOwnLocations(this IEndpointRouteBuilder routes)
    {
        var own = routes.MapGroup("/api/v1/tenants/{tenant}/own-locations").RequireAccess(AccessLevel.Tenant);
        own.MapGet("", ListAsync)
            .Describe("listOwnLocations", "Lists the tenant's locations as the platform declared them")
            .TellsVersion();
        own.MapPut("", DeclareAsync)
            .Describe("declareOwnLocations", "Declares which locations the tenant has", "Suggestions are made of it. The list replaces the one before.")
            .Example("""{ "items": [{ "ownId": "hill-street-main", "name": "Hill Street", "address": "1 Hill Street, Springfield 12345", "timeZone": "America/New_York", "currency": "USD" }] }""")
            .TellsVersion().EditsVersion();
    }

    private static async Task<Ok<OwnLocationList>> ListAsync(TenantId tenant, IRegistry registry, CancellationToken cancellationToken)
        => TypedResults.Ok(OwnLocationList.Of(await registry.FindAsync(OwnLocations.Collection, tenant.Value, cancellationToken) ?? new OwnLocations(tenant, [])));

    private static async Task<Results<Ok<OwnLocationList>, ProblemHttpResult>> DeclareAsync(
        TenantId tenant, Declaration declared, IfMatch match, Caller caller, IRegistry registry, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (Check(declared).ToArray() is { Length: > 0 } errors)
        {
            return Problems.Invalid(errors);
        }

        var own = new OwnLocations(tenant, [.. (declared.Items ?? []).OfType<OwnLocation>()]);
        var audit = AuditEntry.Make(clock.GetUtcNow(), caller.KeyId, "own_locations.declared", tenant, null, $"{own.Items.Count} locations");
        var stored = await registry.WriteAsync(
            transaction =>
            {
                // A tenant that is being removed leaves nothing behind.
                if (transaction.Find(Tenant.Collection, tenant.Value) is null)
                {
                    return false;
                }

                match.Require((transaction.Find(OwnLocations.Collection, tenant.Value) ?? own with { Items = [] }).Version);
                transaction.Put(OwnLocations.Collection, own);
                transaction.Append(audit);
                return true;
            },
            cancellationToken);
        return stored ? TypedResults.Ok(OwnLocationList.Of(own)) : Problems.NotFound();
    }

    private static IEnumerable<(string Field, string Message)> Check(Declaration declared)
    {
        if (declared.Items is not { Count: <= Most } items)
        {
            yield return ("items", $"The list of the tenant's own locations is needed, at most {Most}; it replaces the one before.");
            yield break;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is not { OwnId.Length: > 0 and <= LocationsEndpoint.LongestOwnId } item)
            {
                yield return ($"items[{i}].ownId", $"The platform's own id of the location is needed, 1 to {LocationsEndpoint.LongestOwnId} characters.");
            }
            else if (!seen.Add(item.OwnId))
            {
                yield return ($"items[{i}].ownId", $"'{item.OwnId}' stands in the list twice.");
            }
            else if (new[] { item.Name, item.Address, item.Phone, item.TimeZone, item.Currency }.Any(static text => text?.Length > LongestText))
            {
                yield return ($"items[{i}]", $"A text has at most {LongestText} characters.");
            }
        }
    }

    internal sealed record Declaration([property: Required, MaxLength(Most)] IReadOnlyList<OwnLocation?>? Items);
}

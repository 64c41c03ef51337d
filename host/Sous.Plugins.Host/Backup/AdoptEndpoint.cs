using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Backup;

internal static class AdoptEndpoint
{
    public static void MapAdopt(this IEndpointRouteBuilder routes)
        => routes.MapPost("/api/v1/adopt", AdoptAsync).RequireAccess(AccessLevel.Admin).ServesUnadopted()
            .Describe("adopt", "Lets a host that was restored from a backup go on by itself")
            .Conflicts("not_restored");

    private static async Task<Results<Ok<AdoptionEnd>, ProblemHttpResult>> AdoptAsync(Caller caller, Adoption adoption)

        // Begun, it goes through: who hangs up must not leave a copy of which half works.
        => await adoption.AdoptAsync(caller.KeyId, CancellationToken.None) is { } end
            ? TypedResults.Ok(end)
            : Problems.Conflict("not_restored", "This host was not restored from a backup: there is nothing to adopt.");
}

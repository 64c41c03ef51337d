using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Doctor;

internal static class DoctorEndpoint
{
    public static void MapDoctor(this IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/doctor", RunAsync)
        .RequireAccess(AccessLevel.Admin)
        .Describe("runDoctor", "Checks what the host stands on", "Settings, data folder, keys, stores, audit trail, clock, ports, public URL, plugins, registrations; reads both stores from end to end.");

    private static async Task<Ok<ItemList<Diagnosis>>> RunAsync(Checkup checkup, CancellationToken cancellationToken)
        => TypedResults.Ok(ItemList.Of(await checkup.RunAsync(cancellationToken)));
}

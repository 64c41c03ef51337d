using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Credentials.Rotation;

internal static class SecretsEndpoint
{
    public static void MapSecrets(this IEndpointRouteBuilder routes)
    {
        var secrets = routes.MapGroup("/api/v1/secrets").RequireAccess(AccessLevel.Admin).ServesUnadopted();
        secrets.MapPost("rotate-master", RotateMasterAsync)
            .Describe("rotateMasterKey", "Wraps the key ring by another master key", "The host reads it from a file of its own machine.")
            .Example("""{ "newKeyFile": "/etc/sous/master-key-2" }""");
        secrets.MapPost("rotate-data", RotateDataAsync)
            .Describe("rotateDataKeys", "Encrypts everything anew under new data keys", "In the background, while all goes on.");
        secrets.MapGet("rotation", FindAsync)
            .Describe("getRotation", "Tells how far the rotation of the data keys is");
        secrets.MapGet("keys", ListKeysAsync)
            .Describe("listRingKeys", "Lists the keys of the ring, and how much lies under each");
    }

    // The key's text never crosses HTTP: the host reads the file where it runs.
    private static async Task<Results<Ok<MasterKeyChange>, ProblemHttpResult>> RotateMasterAsync(
        NewMasterKey request, Caller caller, MasterKeyRotation rotation, CancellationToken cancellationToken)
    {
        if (request.NewKeyFile is { } file && !Path.IsPathFullyQualified(file))
        {
            return Problems.Invalid(("newKeyFile", "The new key file is named by its absolute path on the host's machine."));
        }

        try
        {
            return TypedResults.Ok(await rotation.RotateAsync(request.NewKeyFile, caller.KeyId, cancellationToken));
        }
        catch (BootGateException e)
        {
            return Problems.Invalid(("newKeyFile", e.Message));
        }
    }

    private static async Task<Accepted<RotationView>> RotateDataAsync(Caller caller, DataRotations rotations, CancellationToken cancellationToken)
        => TypedResults.Accepted("/api/v1/secrets/rotation", RotationView.Of(await rotations.StartAsync(caller.KeyId, cancellationToken)));

    private static async Task<Ok<RotationView>> FindAsync(DataRotations rotations, CancellationToken cancellationToken)
        => TypedResults.Ok(RotationView.Of(await rotations.FindAsync(cancellationToken)));

    private static async Task<Ok<ItemList<RingKeyView>>> ListKeysAsync(RingUse use, CancellationToken cancellationToken)
        => TypedResults.Ok(ItemList.Of(await use.ListAsync(cancellationToken)));

    internal sealed record NewMasterKey(string? NewKeyFile);
}

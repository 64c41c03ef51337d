using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Backup;

/// <summary>
/// A backup is streamed to who asks. The host writes it nowhere: a path taken over HTTP would let an admin key write files
/// with the host's rights, and who may read all of every tenant may still not do that.
/// </summary>
internal static class BackupEndpoint
{
    public static void MapBackup(this IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/backup", GetAsync).RequireAccess(AccessLevel.Admin)
        .Describe("backup", "Streams a backup of both stores", "A zip with the wrapped key ring, and never the master key.")
        .Produces<Stream>(StatusCodes.Status200OK, "application/zip")
        .Conflicts("backup_in_progress", "capability_absent");

    private static async Task<IResult> GetAsync(Caller caller, Backups backups, HttpContext context, CancellationToken cancellationToken)
    {
        if (!backups.IsPossible)
        {
            return Problems.Conflict("capability_absent", "The stores are in PostgreSQL: back that up by its own means, such as pg_dump or an archive of its log.");
        }

        await using var point = await backups.TakeAsync(caller.KeyId, cancellationToken);
        if (point is null)
        {
            return Problems.Conflict("backup_in_progress", "A backup is being made already.");
        }

        var response = context.Response;
        response.ContentType = "application/zip";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture, $"attachment; filename=\"sous-{point.At:yyyyMMdd'T'HHmmss'Z'}.zip\"");

        // A zip's entry writes its last bytes when it is closed, and knows no other way than to wait for them.
        if (context.Features.Get<IHttpBodyControlFeature>() is { } body)
        {
            body.AllowSynchronousIO = true;
        }

        // The head goes out before the stores are copied, so that nobody takes a large store for a host that does not answer.
        await response.StartAsync(cancellationToken);
        await point.WriteAsync(response.Body, cancellationToken);
        return TypedResults.Empty;
    }
}

using Sous.Plugins.Simulators.Hosting;
using static Sous.Plugins.Simulators.Hosting.Control;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>The simulator's own paths below /_simulator, for those who run it in another process.</summary>
internal sealed class DriveControl(DriveSimulator simulator)
{
    public void Map(WebApplication app)
    {
        var control = app.MapGroup("/_simulator");
        control.MapGet("/truth", context => AnswerAsync(context, simulator.Truth));
        control.MapGet("/secrets", context => AnswerAsync(context, simulator.Secrets));
        control.MapGet("/requests", context => AnswerAsync(context, simulator.Requests));
        control.MapGet("/chaos", context => AnswerAsync(context, simulator.Chaos));
        control.MapPost("/chaos", context => AnswerAsync(context, simulator.Chaos = Body<Chaos>(context)));
        control.MapGet("/trouble", context => AnswerAsync(context, simulator.Trouble));
        control.MapPost("/trouble", context => AnswerAsync(context, simulator.Trouble = Body<DriveTrouble>(context)));
        control.MapPost("/tokens", context => AnswerAsync(context, new { accessToken = simulator.IssueAccessToken() }));
        control.MapPost("/tokens/expire", context => Do(context, simulator.ExpireAccessTokens));
        control.MapPost("/grant/revoke", context => Do(context, simulator.RevokeGrant));
        control.MapPost("/files", context => AnswerAsync(context, new { fileId = simulator.Changes.Add(Body<Place>(context).Folder) }));
        control.MapPost("/files/{id}/write", context => Do(context, () => simulator.Changes.Write(context.RouteText("id"))));
        control.MapPost("/files/{id}/rename", context => Do(context, () => simulator.Changes.Rename(context.RouteText("id"), Body<Rename>(context).Name)));
        control.MapPost("/files/{id}/move", context => Do(context, () => simulator.Changes.Move(context.RouteText("id"), Body<Place>(context).Folder)));
        control.MapPost("/files/{id}/trash", context => Do(context, () => simulator.Changes.Trash(context.RouteText("id"))));
        control.MapPost("/files/{id}/restore", context => Do(context, () => simulator.Changes.Restore(context.RouteText("id"))));
        control.MapPost("/files/{id}/delete", context => Do(context, () => simulator.Changes.Delete(context.RouteText("id"))));
    }

    private sealed record Place(string Folder);

    private sealed record Rename(string Name);
}

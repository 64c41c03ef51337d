using System.Text.Json;
using Sous.Plugins.Simulators.Toast.Rendering;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast.Api;

/// <summary>The published menus of a restaurant, and when they were last published.</summary>
internal sealed class MenusEndpoint(IReadOnlyList<Menu> menus, Lock gate)
{
    /// <summary>Whose menus are served in place of those asked for; null for the right ones.</summary>
    public Restaurant? Mistaken { get; set; }

    public Task MetadataAsync(HttpContext context, Restaurant at) => AnswerAsync(context, at, MenuJson.Metadata);

    public Task ListAsync(HttpContext context, Restaurant at) => AnswerAsync(context, at, MenuJson.Write);

    private Task AnswerAsync(HttpContext context, Restaurant at, Action<Utf8JsonWriter, Restaurant, Menu> write)
    {
        var served = Mistaken ?? at;
        ReadOnlyMemory<byte> body;
        lock (gate)
        {
            var menu = menus[served.Index];
            body = menu.IsPublished ? ToastAnswer.Render(json => write(json, served, menu)) : throw ToastFault.NotFound("No published data was found for the restaurant.");
        }

        return ToastAnswer.SendAsync(context, body);
    }
}

namespace Sous.Plugins.Host.Dashboard;

/// <summary>What a form on a page sent.</summary>
internal static class FormFields
{
    /// <returns>No field where what was sent is no form, or none that can be read.</returns>
    public static async ValueTask<IFormCollection> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return request.HasFormContentType ? await request.ReadFormAsync(cancellationToken) : FormCollection.Empty;
        }
        catch (InvalidDataException)
        {
            return FormCollection.Empty;
        }
    }
}

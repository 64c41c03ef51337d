namespace Sous.Plugins.Drivers.Tests;
public sealed class PlaceTests { [Fact] public void It_runs() => Assert.NotEmpty(AppContext.BaseDirectory); }

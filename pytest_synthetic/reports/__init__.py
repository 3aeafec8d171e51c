"""What people read: the console's summary, Allure's results, the HTML report, the files that explain a run."""
